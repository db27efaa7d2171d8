import { beforeAll, describe, expect, it } from "vitest";
import {
  compareModels,
  type LanguageModel,
  loadModel,
  type ModelOptions,
  quantizeModel,
} from "../../src/index.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { overwriteNumber } from "../fixtures/overwrite-number.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2 } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const text =
  "Once upon a time there was a cat.<|endoftext|>The cat sat on a mat, and so did the dog. ".repeat(3);

const load = (options: ModelOptions = {}) => loadModel("stories", { threads: 1, simd: "plain", ...options });

/** -log of the probability of each next id, and the whole distributions: the plain way. */
async function distributions(model: LanguageModel, ids: readonly number[]): Promise<number[][]> {
  const session = model.createSession();
  const logits = await session.append(ids.slice(0, -1), { every: true });
  await session.close();
  const { vocabSize } = model.config;
  return Array.from({ length: ids.length - 1 }, (_, i) => {
    const row = [...logits.subarray(i * vocabSize, (i + 1) * vocabSize)].map((logit) => Math.exp(logit));
    const sum = row.reduce((total, value) => total + value, 0);
    return row.map((value) => value / sum);
  });
}

describe("two models on a text", () => {
  let model: LanguageModel;
  beforeAll(async () => {
    model = await load({ contextSize: 20 });
    return () => model.close();
  });

  it("are measured token by token, in windows of the context", async () => {
    await using other = await load({ contextSize: 24, quantization: "q4_0" });
    const found = await compareModels(model, other, text);
    const ids = model.tokenizer.encode(text, { parseSpecial: true });
    const windows = Array.from({ length: Math.ceil(ids.length / 20) }, (_, i) =>
      ids.slice(20 * i, 20 * i + 20),
    );
    const sums = { tokens: 0, loss: 0, otherLoss: 0, divergence: 0, same: 0 };
    for (const window of windows) {
      const [p, q] = [await distributions(model, window), await distributions(other, window)];
      for (const [i, row] of p.entries()) {
        const [target, second] = [window[i + 1] ?? 0, q[i] ?? []];
        sums.tokens++;
        sums.loss -= Math.log(row[target] ?? 0);
        sums.otherLoss -= Math.log(second[target] ?? 0);
        sums.divergence += row.reduce(
          (sum, value, id) => sum + value * Math.log(value / (second[id] ?? 0)),
          0,
        );
        sums.same += Number(row.indexOf(Math.max(...row)) === second.indexOf(Math.max(...second)));
      }
    }
    expect(found).toMatchObject({ windows: windows.length, tokens: sums.tokens });
    expect(found.perplexity).toBeCloseTo(Math.exp(sums.loss / sums.tokens), 6);
    expect(found.otherPerplexity).toBeCloseTo(Math.exp(sums.otherLoss / sums.tokens), 6);
    expect(found.divergence).toBeCloseTo(sums.divergence / sums.tokens, 8);
    expect(found.sameTop).toBe(sums.same / sums.tokens);
    expect(found.divergence).toBeGreaterThan(1e-4);
  });

  it("that are one differ in nothing; windows counts from the start", async () => {
    const told: number[][] = [];
    const onProgress = (...counts: number[]) => told.push(counts);
    const found = await compareModels(model, model, text, { windows: 2, onProgress });
    expect(found).toMatchObject({ windows: 2, tokens: 38, divergence: 0, sameTop: 1 });
    expect(found.otherPerplexity).toBe(found.perplexity);
    expect(told.at(-1)).toEqual([38, 38]);
  });

  it("are refused where nothing can be compared", async () => {
    writeRandomDirectory(file("other"), gpt2);
    await using other = await loadModel(file("other"), { threads: 1 });
    expect((await rejectionOf(compareModels(model, other, text))).message).toContain("4096 and 131");
    expect((await rejectionOf(compareModels(model, model, "a"))).message).toContain("two tokens are needed");
    const odd = { windows: 0 };
    expect((await rejectionOf(compareModels(model, model, text, odd))).message).toContain("windows must be");
  });

  it("are refused where a logit is no number", async () => {
    await quantizeModel("stories", file("damaged.gguf"), "f32");
    await overwriteNumber(file("damaged.gguf"), "output_norm.weight", Number.NaN);
    await using damaged = await loadModel(file("damaged.gguf"), { threads: 1 });
    const { code, message } = await rejectionOf(compareModels(model, damaged, text));
    expect([code, message]).toEqual([
      "invalid-file",
      expect.stringContaining("a logit is no number: the model's weights"),
    ]);
  });

  it("stop when they are told to", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(compareModels(model, model, text, { signal })).rejects.toThrow("enough");
  });
});
