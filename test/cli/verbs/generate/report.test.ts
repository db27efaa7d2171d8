import { describe, expect, it } from "vitest";
import {
  configurationLines,
  droppedLines,
  modelLines,
  sampleLine,
} from "../../../../src/cli/verbs/generate/report.ts";
import { GptError } from "../../../../src/errors.ts";
import { resolveOptions } from "../../../../src/generate/options/resolve-options.ts";
import type { GenerateOptions, LanguageModel } from "../../../../src/index.ts";
import type { Sample } from "../../../../src/text/samples/sample.ts";

/** As much of a model as a report reads. */
const model = (generationDefaults: GenerateOptions, ...unsupportedGenerationConfig: string[]) =>
  ({
    generationDefaults,
    unsupportedGenerationConfig,
    unusableDefaults: new Map(),
    advisedEndOfTextIds: [],
    banks: [],
    simd: "plain",
    threads: 1,
    contextSize: 4096,
  }) as unknown as LanguageModel;

/** Options over a model's generation defaults. */
const resolved = ({ generationDefaults: checkpoint }: LanguageModel, typed: GenerateOptions) =>
  resolveOptions({ typed, checkpoint }, { vocabSize: 10 });

const sample: Sample = {
  text: "",
  ids: [1, 2, 3],
  promptIds: [4],
  finishReason: "length",
  seed: 7,
  promptTokens: 1,
  droppedTokens: 0,
  reusedTokens: 0,
  promptMs: 10,
  generatedMs: 20,
};

describe("configurationLines", () => {
  const linesOf = (model: LanguageModel, options: GenerateOptions, name = "gpt2") =>
    configurationLines({ model, name, loadMs: 1 }, resolved(model, options));

  it("name what the model changes and no flag takes back", () => {
    const advice = {
      temperature: 0.6,
      topP: 0.9,
      topK: 40,
      stop: ["\n", "END"],
      logitBias: new Map([[5, 1]]),
    };
    expect(linesOf(model(advice), { topP: 1 })).toEqual([
      'generation_config.json: temp 0.6, stop "\\n" "END", logit-bias of 1 token',
    ]);
    expect(linesOf(model({ topK: 20 }), {}, "gpt2.gguf")).toEqual(["gpt2.gguf: top-k 20"]);
    expect(linesOf(model({ temperature: 0.8 }), {})).toEqual([]);
    expect(linesOf(model({}), { temperature: 0 })).toEqual([]);
  });

  it("name only what has an effect", () => {
    const advice = { temperature: 0.6, topK: 7, repeatPenalty: 1.1, repeatLastN: -1 };
    const penalty = "generation_config.json: repeat-penalty 1.1, repeat-last-n -1";
    expect(linesOf(model(advice), { beams: 3 })).toEqual([penalty]);
    expect(linesOf(model(advice), { temperature: 0 })).toEqual([penalty]);
    expect(linesOf(model(advice), { repeatPenalty: 1 })).toEqual([
      "generation_config.json: temp 0.6, top-k 7",
    ]);
    expect(linesOf(model({ lengthPenalty: 2 }), {})).toEqual([]);
    expect(linesOf(model({ lengthPenalty: 2 }), { beams: 2 })).toEqual([
      "generation_config.json: length-penalty 2",
    ]);
  });

  it("say what gives way to what was asked for", () => {
    const advice = { beams: 4, lengthPenalty: 2, maxTokens: 9 };
    const source = "generation_config.json:";
    expect(linesOf(model(advice), {})).toEqual([`${source} beams 4, length-penalty 2, max-tokens 9`]);
    expect(linesOf(model(advice), { temperature: 0.5 })).toEqual([
      `${source} max-tokens 9`,
      `${source} beams 4 gives way to temp 0.5`,
    ]);
    const loaded = { model: model(advice), name: "gpt2", loadMs: 1 };
    expect(configurationLines(loaded, resolved(loaded.model, { beams: 1 }), 2)).toEqual([
      `${source} max-tokens 9`,
      `${source} beams 4 gives way to samples 2`,
    ]);
    expect(linesOf(model({ temperature: 0 }), { topP: 0.9 })).toEqual([
      `${source} temp 0 gives way to top-p 0.9`,
    ]);
  });

  it("name the tokens that end a text, where they do", () => {
    const other = { ...model({}), advisedEndOfTextIds: [0, 47] } as unknown as LanguageModel;
    expect(linesOf(other, {})).toEqual(["generation_config.json: end-of-text 0, 47"]);
    expect(linesOf(other, { ignoreEos: true })).toEqual([]);
  });

  it("name a value that cannot be used, and what holds in its place", () => {
    const error = new GptError(
      "invalid-file",
      "generation_config.json: top_p is 3, expected a number from 0 to 1",
    );
    const wrong = { ...model({}), unusableDefaults: new Map([["topP", error]]) } as unknown as LanguageModel;
    expect(linesOf(wrong, { topP: 0.5 })).toEqual([`${error.message}: top-p 0.5 holds`]);
  });

  it("name what has no effect", () => {
    expect(linesOf(model({}, "penalty_alpha", "guidance_scale"), {})).toEqual([
      "generation_config.json: without effect here: penalty_alpha, guidance_scale",
    ]);
  });
});

it("droppedLines count what overflow dropped", () => {
  expect(droppedLines(sample, model({}))).toEqual([]);
  expect(droppedLines({ ...sample, droppedTokens: 1234 }, model({}))).toEqual([
    "dropped the oldest 1,234 tokens: the context holds 4,096",
  ]);
});

it("sampleLine says how it went", () => {
  const line = "prompt 1 tok, 100 tok/s · generated 3 tok, 100 tok/s · seed 7 · length";
  expect(sampleLine(sample)).toBe(line);
  const kept = sampleLine({ ...sample, promptIds: [4, 5, 6], promptTokens: 3, reusedTokens: 2 });
  expect(kept).toBe(line.replace("prompt 1 tok", "prompt 3 tok (2 reused)"));
  const cut = sampleLine({ ...sample, promptIds: [4, 5, 6] });
  expect(cut).toBe(line.replace("prompt 1 tok", "prompt 1 of 3 tok"));
  const stopped = { ...sample, ids: [], generatedMs: 0 };
  for (const finishReason of ["interrupted", "time"] as const) {
    expect(sampleLine({ ...stopped, promptTokens: 0, finishReason })).toMatch(
      /^prompt 1 tok, - tok\/s · generated 0 tok, - tok/,
    );
  }
  expect(sampleLine({ ...stopped, finishReason: "eos" })).toMatch(/^prompt 1 tok, 100 tok\/s/);
  expect(sampleLine({ ...sample, score: -1.5 })).toBe(line.replace("seed 7", "score -1.5000"));
  expect(sampleLine({ ...sample, draftedTokens: 40, acceptedTokens: 30 })).toBe(
    line.replace("seed 7", "guessed 40, 75% right · seed 7"),
  );
  expect(sampleLine({ ...sample, draftedTokens: 0, acceptedTokens: 0 })).toContain("guessed 0 · ");
});

it("modelLines say what runs and with which settings, the nearest wish first", () => {
  const draft = { model: model({}), name: "small" };
  const loaded = { model: model({ topP: 0.9, topK: 20 }), name: "gpt2", loadMs: 81.6 };
  expect(
    modelLines({ ...loaded, draft }, resolved(loaded.model, { draft: draft.model, draftMax: 4 })),
  ).toEqual([
    "model gpt2 · draft small · simd plain · products words · 1 thread · context 4,096 · loaded in 82 ms",
    "temp 0.8 · top-k 20 · top-p 0.9 · min-p 0.05 · max-tokens 128 · draft-max 4",
  ]);
  expect(
    modelLines(loaded, resolved(loaded.model, { topK: 5, ignoreEos: true, maxTime: 2, seed: 3 })),
  ).toEqual([
    "model gpt2 · simd plain · products words · 1 thread · context 4,096 · loaded in 82 ms",
    "temp 0.8 · top-k 5 · top-p 0.9 · min-p 0.05 · max-tokens 128 · ignore-eos true · max-time 2",
  ]);
});

it("modelLines have a line for each memory of a model that is larger than one", () => {
  const bank = { number: 0, firstLayer: 0, layers: 3, weightBytes: 3e9, cacheBytes: 2e6 };
  const banks = [bank, { ...bank, firstLayer: 3, layers: 1 }, { ...bank, layers: 0, cacheBytes: 0 }];
  const large = { ...model({}), banks } as unknown as LanguageModel;
  expect(modelLines({ model: large, name: "gpt2", loadMs: 1 }, resolved(large, {})).slice(1, -1)).toEqual([
    "memory 1: embedding, head, layers 0 to 2: 3.00 GB, cache 2.00 MB",
    "memory 2: layer 3: 3.00 GB, cache 2.00 MB",
    "memory 3: rows of tables: 3.00 GB, cache 0 bytes",
  ]);
});

it("modelLines show what beam search and greedy choice use", () => {
  const linesOf = (advice: GenerateOptions, options: GenerateOptions) =>
    modelLines({ model: model(advice), name: "gpt2", loadMs: 1 }, resolved(model(advice), options))[1];
  expect(linesOf({ temperature: 0.6, topK: 7 }, { beams: 3, overflow: "truncate-left" })).toBe(
    "beams 3 · length-penalty 1 · early-stopping false · max-tokens 128 · overflow truncate-left",
  );
  expect(linesOf({ topK: 7 }, { temperature: 0 })).toBe("temp 0 · max-tokens 128");
  expect(linesOf({ beams: 4 }, { topK: 7 })).toContain("temp 0.8 · top-k 7");
});
