import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { parseModel } from "../../src/families/parse.ts";
import { loadModel } from "../../src/library/load-model.ts";
import { attentionOf } from "../../src/model/mixers.ts";
import { pruneModel } from "../../src/prune/prune-model.ts";
import { createTrainer } from "../../src/train/create-trainer.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";
import { readTensors } from "../train/tensors.ts";

const file = temporaryFolder();
const golden = shared("models/golden/alignment/prune");

interface Heads {
  readonly heads: {
    readonly sequences: number[][];
    readonly order: [number, number][];
    readonly curve: { readonly pruned: [number, number][]; readonly loss: number }[];
  };
  readonly eval: number[][];
}

const read = () => JSON.parse(readFileSync(join(golden, "expected.json"), "utf8")) as Heads;
const headsOf = async (path: string) =>
  (await parseModel(await openCheckpoint(path))).config.layers.map((layer) => attentionOf(layer).nHead);

/** The mean over the sequences of their mean cross-entropy. */
async function lossOf(model: string, sequences: readonly number[][]): Promise<number> {
  await using trainer = await createTrainer({ model, steps: 1, threads: 1 });
  let sum = 0;
  for (const ids of sequences) sum += (await trainer.evaluate([ids])).loss;
  return sum / sequences.length;
}

describeWithShared("heads", () => {
  it.each([1, 2, 4])("%d of eight go, the reference's, and its loss stays", async (count) => {
    const { heads, eval: sequences } = read();
    const directory = file(`heads-${count}`);
    const calibration = heads.sequences;
    const options = { method: "heads", sparsity: count / 8, calibration, threads: 2 } as const;
    const pruned = await pruneModel(join(golden, "init"), directory, options);
    const expected = heads.curve[count];
    const sorted = (list: readonly (readonly [number, number])[]) => list.map(String).sort();
    expect(sorted(pruned.heads)).toEqual(sorted(expected?.pruned ?? []));
    const lost = (layer: number) => pruned.heads.filter(([own]) => own === layer).length;
    expect(await headsOf(directory)).toEqual([4 - lost(0), 4 - lost(1)]);
    expect(Math.abs((await lossOf(directory, sequences)) - (expected?.loss ?? 0))).toBeLessThan(1e-5);
  });

  it("that share keys go together, as many of each layer", async () => {
    const llama = shared("models/golden/llama");
    const calibration = [[1, 2, 3, 4, 5, 6, 7, 8]];
    const options = { method: "heads", sparsity: 0.5, calibration, threads: 1 } as const;
    const [before] = await headsOf(llama);
    const pruned = await pruneModel(llama, file("llama"), options);
    expect(new Set(await headsOf(file("llama")))).toEqual(new Set([(before ?? 0) / 2]));
    expect(pruned.heads.length).toBeGreaterThan(0);
    await using model = await loadModel(file("llama"), { threads: 1 });
    expect((await model.createSession().append([1, 2, 3])).every(Number.isFinite)).toBe(true);
  });
});

describe("layers", () => {
  it("go whole, and the others are numbered anew", async () => {
    const calibration = [[10, 20, 30, 40, 50]];
    const options = { method: "layers", sparsity: 0.34, calibration, threads: 1 } as const;
    const pruned = await pruneModel(undefined, file("layers"), options);
    expect(pruned.layers).toHaveLength(2);
    const tensors = await readTensors(file("layers"));
    const whole = await parseModel(await openCheckpoint(file("layers")));
    expect(whole.config.layers).toHaveLength(4);
    expect(tensors.has("transformer.h.3.mlp.c_fc.weight")).toBe(true);
    expect(tensors.has("transformer.h.4.mlp.c_fc.weight")).toBe(false);
    await using model = await loadModel(file("layers"), { threads: 1 });
    expect((await model.createSession().append([1, 2, 3])).every(Number.isFinite)).toBe(true);
  });

  it("are not chosen by groups of weights, nor by a share that leaves all", async () => {
    const calibration = [[10, 20, 30]];
    const prune = (sparsity: number | string) =>
      pruneModel(undefined, file("none"), { method: "layers", sparsity, calibration });
    await expect(prune("2:4")).rejects.toThrow("2:4 is for weights: give layers a share");
    await expect(prune(0.1)).rejects.toThrow("of 6 layers the sparsity leaves all");
  });
});
