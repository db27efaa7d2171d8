import { describe, expect, it } from "vitest";
import {
  configurationLines,
  droppedLines,
  modelLines,
  sampleLine,
} from "../../../src/cli/generate/report.ts";
import type { Sample } from "../../../src/cli/generate/sample.ts";
import type { GenerateOptions, LanguageModel } from "../../../src/index.ts";

/** As much of a model as a report reads. */
const model = (generationDefaults: GenerateOptions, ...unsupportedGenerationConfig: string[]) =>
  ({
    generationDefaults,
    unsupportedGenerationConfig,
    simd: "plain",
    threads: 1,
    contextSize: 4096,
  }) as unknown as LanguageModel;

const sample: Sample = {
  text: "",
  ids: [1, 2, 3],
  promptIds: [4],
  finishReason: "length",
  seed: 7,
  droppedTokens: 0,
  reusedTokens: 0,
  promptMs: 10,
  generatedMs: 20,
};

describe("configurationLines", () => {
  const linesOf = (model: LanguageModel, options: GenerateOptions, name = "gpt2") =>
    configurationLines({ model, name, loadMs: 1 }, options);

  it("name what the model changes and no flag takes back", () => {
    const advice = {
      temperature: 0.6,
      topP: 0.9,
      topK: 40,
      stop: ["\n", "END"],
      logitBias: new Map([[5, 1]]),
    };
    expect(linesOf(model(advice), { topP: 1 })).toEqual([
      'generation_config.json: temperature 0.6, stop "\\n" "END", logit-bias of 1 token',
    ]);
    expect(linesOf(model({ topK: 20 }), {}, "gpt2.gguf")).toEqual(["gpt2.gguf: top-k 20"]);
    expect(linesOf(model({ temperature: 0.8 }), {})).toEqual([]);
    expect(linesOf(model({}), { temperature: 0 })).toEqual([]);
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
  const kept = sampleLine({ ...sample, promptIds: [4, 5, 6], reusedTokens: 2 });
  expect(kept).toBe(line.replace("prompt 1 tok", "prompt 3 tok (2 reused)"));
  expect(sampleLine({ ...sample, score: -1.5 })).toBe(line.replace("seed 7", "score -1.5000"));
});

it("modelLines say what runs and with which settings, the nearest wish first", () => {
  const loaded = { model: model({ topP: 0.9, topK: 20 }), name: "gpt2", loadMs: 81.6 };
  expect(modelLines(loaded, { topK: 5, ignoreEos: true, maxTime: 2, seed: 3 })).toEqual([
    "model gpt2 · simd plain · 1 thread · context 4,096 · loaded in 82 ms",
    "temperature 0.8 · top-k 5 · top-p 0.9 · min-p 0.05 · max-tokens 128 · ignore-eos true · max-time 2",
  ]);
});
