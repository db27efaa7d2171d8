import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CHATML } from "../../../../src/chat/template/chatml.ts";
import { DialogueIds } from "../../../../src/chat/template/dialogue-ids.ts";
import { openTokenizer } from "../../../../src/library/open-tokenizer.ts";
import { inputOf } from "../../../../src/library/reading.ts";
import { findData } from "../../../../src/train/run/data/needs.ts";
import { pairData } from "../../../../src/train/run/data/pair-data.ts";
import { planOf } from "../../../../src/train/run/plan.ts";
import type { RunData } from "../../../../src/train/run/run.ts";
import { RunDirectory } from "../../../../src/train/run/run-directory.ts";
import { collect } from "../../../data/sources.ts";
import { rejectionOf } from "../../../fixtures/errors.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../../shared.ts";
import { directoryWith } from "../../../tokenizer/fixtures.ts";
import { marianFiles, sourceModel } from "../../../tokenizer/formats/sentencepiece/translation-models.ts";
import { idsOf } from "../ids-of.ts";
import { quiet } from "../quiet-observer.ts";

const file = temporaryFolder();
const pairs = Array.from({ length: 10 }, (_, i) => ({ input: `read ${i}`, target: `write ${i}, please` }));

interface Manner {
  readonly model?: string;
  readonly startId?: number;
  readonly sourceLang?: string;
  readonly targetLang?: string;
  readonly validFraction?: number;
}

const opened = async (
  directory: RunDirectory,
  path: string,
  { model = shared("models/golden/t5"), startId = 0, validFraction = 0.2, ...languages }: Manner = {},
) => {
  const request = { data: [path], validFraction, batch: 4, seed: 1, ...languages };
  const plan = planOf(request, { context: 8, width: 8, readsSources: true });
  const tokenizer = await openTokenizer(model);
  const read = (text: string) => inputOf(tokenizer, text, { maxTokens: plan.context });
  const dialogues = new DialogueIds(CHATML, tokenizer);
  const needs = {
    sources: () => findData(request, undefined),
    tokenizer,
    dialogues,
    plan,
    observer: quiet,
    read,
    decoder: { startId, forced: undefined },
  };
  return { data: await pairData(directory, needs), tokenizer };
};

const steps = (run: RunData) => Promise.all(Array.from({ length: 6 }, (_, step) => run.batch(step)));

describe("pairs of languages", () => {
  const translated = async (name: string, files: Readonly<Record<string, unknown>>, manner: Manner) => {
    const lines = [
      { input: "the king", target: "king" },
      { input: "the king", target: "king", source_lang: "", target_lang: manner.targetLang },
    ];
    writeFileSync(file(`${name}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const model = await directoryWith(files);
    const directory = new RunDirectory(file(name));
    const given = { ...manner, model, validFraction: 0 };
    const { data, tokenizer } = await opened(directory, file(`${name}.jsonl`), given);
    await directory.begin({});
    const resumed = await opened(directory, file("missing.jsonl"), given);
    expect(await steps(resumed.data.run)).toEqual(await steps(data.run));
    const [[first, second] = []] = await steps(data.run);
    expect(second).toEqual(first);
    return { example: first, id: (code: string) => tokenizer.languageIds.get(code) };
  };
  const mbart = (name: string) => ({
    "sentencepiece.bpe.model": sourceModel("unigram"),
    "tokenizer_config.json": { tokenizer_class: name },
  });

  it("mBART-50 learns the language, the text and its end", async () => {
    const manner = { sourceLang: "de_DE", targetLang: "ro_RO", startId: 2 };
    const { example, id } = await translated("many", mbart("MBart50Tokenizer"), manner);
    expect(example).toEqual({ source: [id("de_DE"), 5, 6, 2], ids: [id("ro_RO"), 6, 2], startId: 2 });
  });

  it("Marian has the tag before the input", async () => {
    const { example, id } = await translated("marian", marianFiles(), { targetLang: "fra", startId: 14 });
    expect(example).toEqual({ source: [id("fra"), 6, 9, 0], ids: [9, 0], startId: 14 });
  });
});

describeWithShared("pairData", () => {
  it("reads JSON lines and CSV, with the tokens around a text, cut to the context", async () => {
    writeFileSync(file("pairs.jsonl"), pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(""));
    writeFileSync(
      file("pairs.csv"),
      `input,target\n${pairs.map((p) => `${p.input},"${p.target}"\n`).join("")}`,
    );
    const { data, tokenizer } = await opened(new RunDirectory(file("json")), file("pairs.jsonl"));
    const batches = await steps(data.run);
    const end = tokenizer.endIds[0];
    for (const example of batches.flat()) {
      expect("source" in example && example.source.at(-1)).toBe(end);
      expect(idsOf(example).at(-1)).toBe(end);
      expect(idsOf(example).length).toBeLessThanOrEqual(8);
    }
    const csv = await opened(new RunDirectory(file("csv")), file("pairs.csv"));
    expect(await steps(csv.data.run)).toEqual(batches);
    expect((await collect(data.run.validation.sample())).flat().length).toBe(2);
  });

  it("keeps the pairs for a resumed run", async () => {
    const directory = new RunDirectory(file("kept"));
    writeFileSync(file("gone.jsonl"), pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(""));
    const { data } = await opened(directory, file("gone.jsonl"));
    await directory.begin({});
    expect(readFileSync(`${directory.data}/train.jsonl`, "utf8").split("\n").length).toBe(9);
    const resumed = await opened(directory, file("missing.jsonl"));
    expect(await steps(resumed.data.run)).toEqual(await steps(data.run));
  });

  it.each([
    ["text.txt", "a text", /is text without targets: expected \.jsonl with lines/],
    ["half.jsonl", '{"input": "a"}\n', /target/],
    ["none.jsonl", "", /no pairs to train on|none\.jsonl/],
  ])("refuses %s", async (name, content, message) => {
    writeFileSync(file(name), content);
    const error = await rejectionOf(opened(new RunDirectory(file(`run-${name}`)), file(name)));
    expect(error.message).toMatch(message);
  });
});
