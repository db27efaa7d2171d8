import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Model } from "../../src/engine/model.ts";
import { parseModel } from "../../src/families/parse.ts";
import type { Quantization } from "../../src/weights/dtype.ts";
import { describeWithShared, shared } from "../shared.ts";

interface Expected {
  readonly prompt: number[];
  readonly greedy: number[];
  /** Between the two largest logits at each step, as a share of the logits' spread. */
  readonly gap_over_spread: number[];
  readonly logits: number[][];
}

const types = ["q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q4_k", "q5_k", "q6_k"];

function expected(type: string): Expected {
  const json = readFileSync(shared("models/quantized/expected.json"), "utf8");
  return (JSON.parse(json) as { files: Record<string, Expected> }).files[type] as Expected;
}

async function load(type: string, quantization?: Quantization): Promise<Model> {
  const checkpoint = await openCheckpoint(shared(`models/quantized/${type}.gguf`));
  const options = { threads: 2, simd: "plain", quantization } as const;
  return Model.load(checkpoint, await parseModel(checkpoint), options);
}

const rootMeanSquare = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);

function spreadOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return rootMeanSquare(values.map((value) => value - mean));
}

/** The logits after each id of the prompt, against those expected: errors as shares of the logits' spread. */
async function errorsOf(model: Model, { prompt, logits }: Expected) {
  const session = model.createSession();
  const found = await session.append(prompt, { every: true });
  await session.close();
  const wanted = logits.flat();
  expect(found.length).toBe(wanted.length);
  const spread = spreadOf(wanted);
  return wanted.map((value, i) => Math.abs((found[i] ?? Number.NaN) - value) / spread);
}

/** The likeliest id after the prompt and after each of the ids that should follow. */
async function likeliest(model: Model, { prompt, greedy }: Expected): Promise<number[]> {
  const session = model.createSession();
  const logits = await session.append([...prompt, ...greedy], { every: true });
  await session.close();
  const { vocabSize } = model.config;
  return greedy.map((_, i) => {
    const begin = (prompt.length - 1 + i) * vocabSize;
    const row = logits.subarray(begin, begin + vocabSize);
    return row.indexOf(Math.max(...row));
  });
}

/**
 * Inputs are rounded to 8 bits: the error of a logit, as a share of the spread, and what only a larger gap
 * outlasts.
 */
const ROUNDING = 0.05;
const CLEAR_GAP = 0.3;

/** The model of Q4_K with the values' matrices of another file, as Q4_K_M has them. */
async function loadMixed(quantization?: Quantization): Promise<Model> {
  const checkpoint = await openCheckpoint(shared("models/quantized/q4_k.gguf"));
  const other = await openCheckpoint(shared("models/quantized/q6_k.gguf"));
  const values = [...other.tensors].filter(([name]) => name.includes("attn_v"));
  expect(values.length).toBe(2);
  const mixed = { ...checkpoint, tensors: new Map([...checkpoint.tensors, ...values]) };
  const options = { threads: 2, simd: "plain", quantization } as const;
  return Model.load(mixed, await parseModel(mixed), options);
}

describeWithShared("files of every quantized type", () => {
  it.each(types)("%s, its weights read as floats, gives their logits and greedy ids", async (type) => {
    const model = await load(type, "f32");
    const errors = await errorsOf(model, expected(type));
    expect(Math.max(...errors)).toBeLessThan(1e-4);
    expect(await likeliest(model, expected(type))).toEqual(expected(type).greedy);
    await model.close();
  });

  it.each(types)("%s, kept as it is, differs by what inputs of 8 bits do", async (type) => {
    const model = await load(type);
    expect(rootMeanSquare(await errorsOf(model, expected(type)))).toBeLessThan(ROUNDING);
    const { greedy, gap_over_spread: gaps } = expected(type);
    const clear = (ids: readonly number[]) => ids.filter((_, i) => (gaps[i] ?? 0) > CLEAR_GAP);
    expect(clear(await likeliest(model, expected(type)))).toEqual(clear(greedy));
    await model.close();
  });

  it("queries, keys and values of different types stay as they are", async () => {
    const prompt = [1, 5, 9, 20, 33, 7, 100, 200];
    const [exact, kept] = [await loadMixed("f32"), await loadMixed()];
    expect(kept.weights.map(({ dtype }) => dtype).sort()).toEqual(["F32", "Q4_K", "Q4_K+Q6_K"]);
    const session = exact.createSession();
    const logits = [...(await session.append(prompt, { every: true }))];
    await session.close();
    const found = await errorsOf(kept, { prompt, logits: [logits], greedy: [], gap_over_spread: [] });
    expect(rootMeanSquare(found)).toBeLessThan(ROUNDING);
    for (const model of [exact, kept]) await model.close();
  });
});
