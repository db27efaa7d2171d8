import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Checkpoint } from "../../../src/checkpoint/checkpoint.ts";
import { modulesOf } from "../../../src/families/embedding/checkpoint.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();

/** A directory with these files, as the checkpoint of an encoder. */
function directory(name: string, files: Readonly<Record<string, unknown>>): Checkpoint {
  for (const [path, content] of Object.entries(files)) {
    const to = join(file(name), path);
    mkdirSync(join(to, ".."), { recursive: true });
    writeFileSync(to, typeof content === "string" ? content : JSON.stringify(content));
  }
  return { format: "huggingface", path: file(name) } as Checkpoint;
}

const listed = (...kinds: string[]) =>
  kinds.map((kind, i) => ({
    type: `sentence_transformers.models.${kind}`,
    path: i === 0 ? "" : `${i}_${kind}`,
  }));

it("all files are read: old switches, dense layers, prompts, limits", async () => {
  const checkpoint = directory("old", {
    "modules.json": listed("Transformer", "Pooling", "Dense", "Normalize"),
    "1_Pooling/config.json": { pooling_mode_cls_token: true, pooling_mode_max_tokens: true },
    "2_Dense/config.json": {
      in_features: 8,
      out_features: 4,
      bias: false,
      activation_function: "torch.nn.Identity",
    },
    "sentence_bert_config.json": { max_seq_length: 128, do_lower_case: true },
    "config_sentence_transformers.json": { prompts: { query: "query: " }, default_prompt_name: "query" },
  });
  expect(await modulesOf(checkpoint, true)).toEqual({
    poolings: ["cls", "max"],
    dense: [
      { directory: join(file("old"), "2_Dense"), inputs: 8, outputs: 4, bias: false, activation: "none" },
    ],
    normalize: true,
    prompts: new Map([["query", "query: "]]),
    defaultPrompt: "query",
    maxTokens: 128,
    trims: true,
    lowerCases: true,
  });
});

it("the new form names the pooling; without switches it is the mean", async () => {
  const pooled = async (name: string, config: object) =>
    (
      await modulesOf(
        directory(name, {
          "modules.json": listed("Transformer", "Pooling"),
          "1_Pooling/config.json": config,
        }),
        true,
      )
    ).poolings;
  expect(await pooled("one", { pooling_mode: "lasttoken" })).toEqual(["lasttoken"]);
  expect(await pooled("two", { pooling_mode: ["cls", "mean"] })).toEqual(["cls", "mean"]);
  expect(await pooled("none", {})).toEqual(["mean"]);
});

it("a model without the files pools by its kind", async () => {
  const checkpoint = directory("bare", { "config.json": {} });
  expect((await modulesOf(checkpoint, true)).poolings).toEqual(["mean"]);
  expect((await modulesOf(checkpoint, false)).poolings).toEqual(["lasttoken"]);
});

it("what is not implemented is refused by name", async () => {
  const refusal = async (name: string, files: Readonly<Record<string, unknown>>) =>
    (await rejectionOf(Promise.resolve(modulesOf(directory(name, files), true)))).message;
  const pooling = listed("Transformer", "Pooling");
  expect(await refusal("text", { "modules.json": "[" })).toMatch(
    /modules\.json: .*is not valid JSON: line 1/,
  );
  expect(await refusal("object", { "modules.json": {} })).toMatch(/is JSON, but not a list in brackets/);
  expect(await refusal("clip", { "modules.json": listed("CLIPModel") })).toMatch(
    /CLIPModel.*Transformer, Pooling/,
  );
  expect(await refusal("up", { "modules.json": [{ type: "a.Dense", path: "../x" }] })).toMatch(
    /the name of a folder/,
  );
  const wrong = { "modules.json": pooling, "1_Pooling/config.json": { pooling_mode: "first" } };
  expect(await refusal("mode", wrong)).toMatch(/pooling_mode is "first", expected cls, max/);
  const prompt = { "modules.json": pooling, "1_Pooling/config.json": { include_prompt: false } };
  expect(await refusal("prompt", prompt)).toMatch(/include_prompt is false/);
  const dense = { in_features: 2, out_features: 2, activation_function: "torch.nn.ReLU" };
  const relu = { "modules.json": listed("Transformer", "Dense"), "1_Dense/config.json": dense };
  expect(await refusal("relu", relu)).toMatch(/ReLU", expected Tanh or Identity/);
});
