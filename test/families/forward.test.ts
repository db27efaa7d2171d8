import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Model } from "../../src/engine/model.ts";
import { parseModel } from "../../src/families/parse.ts";
import { builds } from "../compute/laboratory.ts";
import { type Draw, writeRandomDirectory, writeRandomGguf } from "../fixtures/random-checkpoint.ts";
import { gpt2, type Json, llama, llamaJson, openAiGpt, rotary } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { decoderOf, type UniformConfig } from "../fixtures/uniform.ts";
import { decoderLogits, type Weights } from "../reference/decoder.ts";
import { TestRandom } from "../reference/random.ts";

const file = temporaryFolder();

/** More rows than a pass has, more positions than two blocks of the cache have. */
const LENGTH = 66;
/** For logits of some ten: what f32 sums of such lengths can lose, many times less than any mistake makes. */
const TOLERANCE = 4e-5;

interface Case {
  readonly name: string;
  readonly config: UniformConfig;
  readonly draw?: Draw;
  readonly json?: Json;
  /** Token ids to run. */
  readonly length?: number;
}

async function expectReferenceLogits(
  path: string,
  weights: Weights,
  { config, length = LENGTH }: Case,
): Promise<void> {
  const checkpoint = await openCheckpoint(path);
  const description = await parseModel(checkpoint);
  expect(description.config).toEqual(decoderOf(config));
  const random = new TestRandom(99);
  const ids = Array.from({ length }, () => random.integer(config.vocabSize));
  const expected = decoderLogits(description.config, weights, ids).flat();
  for (const simd of builds) {
    const model = await Model.load(checkpoint, description, { simd, threads: 2 });
    const logits = await model.createSession().append(ids, { every: true });
    await model.close();
    expect(logits.length).toBe(expected.length);
    const errors = expected.map((value, i) => Math.abs((logits[i] ?? Number.NaN) - value));
    expect(Math.max(...errors)).toBeLessThan(TOLERANCE);
  }
}

const llama3 = rotary({
  kind: "llama3",
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalPositions: 48,
});
const divisors = rotary({ kind: "divisors", divisors: [1, 1.5, 2.25, 4, 8] });
const multiHead = { nHead: 5, nKvHead: 5, headDim: 12 };
const mistral = { ...llama, nHead: 4, nKvHead: 2, headDim: 14 };
const qwen2 = { ...llama, family: "qwen2", qkvBias: true, tiedHead: true } as const;
const qwen3 = { ...llama, family: "qwen3", headDim: 14, queryKeyNorm: true } as const;

const directories: readonly Case[] = [
  { name: "gpt2", config: gpt2 },
  {
    name: "gpt2, exact GELU and a head of its own",
    config: { ...gpt2, activation: "gelu_erf", tiedHead: false },
  },
  {
    name: "gpt2, SiLU, 6 heads of 10",
    config: { ...gpt2, activation: "silu", nHead: 6, nKvHead: 6, headDim: 10 },
  },
  { name: "gpt2, sinusoidal", config: { ...gpt2, position: { kind: "sinusoidal" } } },
  { name: "gpt2, F16", config: gpt2, draw: { dtype: "F16" } },
  { name: "gpt2, BF16", config: gpt2, draw: { dtype: "BF16" } },
  {
    name: "gpt2, matrices that are read in parts",
    config: { ...gpt2, nLayer: 1, nInner: 4501 },
    length: 5,
  },
  { name: "openai-gpt", config: openAiGpt },
  { name: "openai-gpt, SiLU, F16", config: { ...openAiGpt, activation: "silu" }, draw: { dtype: "F16" } },
  { name: "llama", config: llama },
  { name: "llama, as many key/value heads", config: { ...llama, ...multiHead, tiedHead: true } },
  { name: "llama, biases", config: { ...llama, qkvBias: true, attentionOutputBias: true, mlpBias: true } },
  { name: "llama, linear scaling", config: { ...llama, position: rotary({ kind: "linear", factor: 2.5 }) } },
  { name: "llama, llama3 scaling", config: { ...llama, headDim: 14, position: llama3 } },
  { name: "llama, BF16", config: llama, draw: { dtype: "BF16" } },
  { name: "llama, F16", config: llama, draw: { dtype: "F16" } },
  { name: "mistral", config: mistral, json: llamaJson(mistral, "mistral") },
  { name: "qwen2", config: qwen2 },
  { name: "qwen2, BF16", config: { ...qwen2, tiedHead: false }, draw: { dtype: "BF16" } },
  { name: "qwen3", config: qwen3 },
  { name: "qwen3, biases", config: { ...qwen3, qkvBias: true, attentionOutputBias: true, tiedHead: true } },
];

const ggufs: readonly Case[] = [
  { name: "gpt2", config: gpt2 },
  { name: "gpt2, F16", config: { ...gpt2, tiedHead: false }, draw: { dtype: "F16" } },
  { name: "llama", config: llama },
  { name: "llama, rotary divisors", config: { ...llama, position: divisors } },
  { name: "llama, linear scaling", config: { ...llama, position: rotary({ kind: "linear", factor: 2.5 }) } },
  {
    name: "llama, heads that are read in parts",
    config: { ...llama, nLayer: 1, nHead: 2, nKvHead: 1, headDim: 2200 },
    length: 5,
  },
  { name: "llama, biases", config: { ...llama, qkvBias: true, attentionOutputBias: true, mlpBias: true } },
  { name: "llama, F16, tied", config: { ...llama, ...multiHead, tiedHead: true }, draw: { dtype: "F16" } },
  { name: "llama, BF16", config: llama, draw: { dtype: "BF16" } },
  { name: "qwen2", config: qwen2 },
  { name: "qwen3", config: qwen3 },
  { name: "qwen3, BF16", config: qwen3, draw: { dtype: "BF16" } },
];

describe("Hugging Face directories give the reference's logits", () => {
  it.each(directories)("$name", async (test) => {
    const path = file("directory");
    await expectReferenceLogits(path, writeRandomDirectory(path, test.config, test.draw, test.json), test);
  });
});

describe("GGUF files give the reference's logits", () => {
  it.each(ggufs)("$name", async (test) => {
    const path = file("model.gguf");
    await expectReferenceLogits(path, writeRandomGguf(path, test.config, test.draw), test);
  });
});
