/**
 * Pipelines of models in use, beside the ids and texts that Hugging Face's tokenizers 0.23.2 gives for them.
 * The two models were trained by it on the texts of the cases: one of bytes, one of characters.
 */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import type { JsonObject } from "../../../src/files/json.ts";
import { load } from "../fixtures.ts";

interface Reference {
  readonly models: Readonly<Record<string, { readonly added_tokens: object; readonly model: object }>>;
  readonly pipelines: Readonly<Record<string, Pipeline>>;
}

interface Pipeline {
  readonly model: string;
  readonly options: object;
  readonly parts: JsonObject;
  /** The ids of "x" with the tokens around it. */
  readonly around: readonly number[];
  readonly cases: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly decoded: string;
  }[];
}

const file = new URL("./reference-pipelines.json", import.meta.url);
const { models, pipelines } = JSON.parse(await readFile(file, "utf8")) as Reference;

it.each(Object.entries(pipelines))("%s", async (_name, { model, options, parts, around, cases }) => {
  const base = models[model];
  const tokenizer = await load({ ...base, ...parts, model: { ...base?.model, ...options } });
  expect(cases.length).toBeGreaterThan(10);
  for (const { text, ids, decoded } of cases) {
    expect(tokenizer.encode(text, { parseSpecial: true })).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(decoded);
  }
  const { startIds, endIds } = tokenizer.description.special;
  expect([...startIds, ...tokenizer.encode("x"), ...endIds]).toEqual(around);
});
