import { afterEach, describe, expect, it } from "vitest";
import { createBatch } from "../../../src/compute/batch.ts";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import {
  convolutionStateBytes,
  type Recurrence,
  recurrenceStateBytes,
} from "../../../src/compute/ops/recurrent-layers.ts";
import type { Tensor } from "../../../src/compute/tensor.ts";
import * as twin from "../../../src/reference/recurrent.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, expectClose, Laboratory, sizes } from "../laboratory.ts";

/** Rows of the passes of two sequences, which share them. */
const PASSES: readonly (readonly [number, number])[] = [
  [5, 1],
  [1, 1],
  [2, 9],
  [1, 0],
  [7, 3],
];

describe.each(builds)("recurrent layers, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  /** Results of both sequences in passes of these rows. Other states lie before those of the layer. */
  function inPasses(
    passes: readonly (readonly [number, number])[],
    sequences: readonly number[][][],
    stateBytes: number,
    threads: number,
    run: (ops: Laboratory["ops"], rows: Tensor, batch: ReturnType<typeof createBatch>) => Tensor,
  ): number[][][] {
    const { runtime } = lab;
    const { ops } = threads === 1 ? lab : new Laboratory(simd, threads);
    const layers = [{ stateBytes: 48 }, { stateBytes }];
    const caches = sequences.map(({ length }) => new KvCache(runtime.memory, { layers }, length));
    const results: number[][][] = sequences.map(() => []);
    for (const counts of passes) {
      const taking = [0, 1].filter((i) => (counts[i] ?? 0) > 0);
      const mark = runtime.scratch.mark();
      const segments = taking.map((i) => {
        const [cache, count] = [caches[i] as KvCache, counts[i] ?? 0];
        const start = cache.length;
        cache.grow(start + count);
        const [, after = 0] = cache.states;
        runtime.memory.bytes(after, 48 + stateBytes).fill(255);
        return { cache, start, ids: Array<number>(count).fill(0) };
      });
      const rows = segments.flatMap(({ start, ids }, k) => {
        return (sequences[taking[k] ?? 0] ?? []).slice(start, start + ids.length);
      });
      const out = lab.read(run(ops, lab.tensor(rows), createBatch(runtime, segments)));
      for (const [k, { ids }] of segments.entries())
        results[taking[k] ?? 0]?.push(...out.splice(0, ids.length));
      runtime.scratch.release(mark);
    }
    for (const cache of caches) cache.free();
    return results;
  }

  const AT_ONCE = [[16, 14]] as const;

  it("the convolution equals its twin, however the rows come", async () => {
    const random = new TestRandom(1);
    for (const channels of sizes) {
      for (const taps of [2, 3, 4]) {
        const sequences = [random.matrix(16, channels + 5), random.matrix(14, channels + 5)];
        const weights = random.matrix(channels, taps);
        const bias = channels % 2 > 0 ? random.vector(channels) : undefined;
        const silu = taps > 2;
        const convolution = {
          layer: 1,
          offset: 16,
          weight: await lab.matrix(weights),
          bias: bias && (await lab.vector(bias)),
          silu,
        };
        const bytes = 16 + convolutionStateBytes(channels, taps);
        const results = [AT_ONCE, PASSES].flatMap((passes) =>
          [1, 3].map((threads) =>
            inPasses(passes, sequences, bytes, threads, (ops, x, batch) =>
              ops.convolution(x, 3, convolution, batch),
            ),
          ),
        );
        for (const result of results) expect(result).toEqual(results[0]);
        for (const [i, rows] of sequences.entries()) {
          const inputs = rows.map((row) => row.slice(3, 3 + channels));
          expectClose(results[0]?.[i] ?? [], twin.convolution(inputs, weights, bias, silu), 2e-6);
        }
      }
    }
  });

  it("steps and decays equal their twin", async () => {
    const random = new TestRandom(2);
    for (const heads of sizes) {
      const x = random.matrix(4, 2 * heads + 3).map((row) => row.map((v) => 8 * v));
      const [bias, rate] = [random.vector(heads), random.vector(heads).map((v) => -Math.exp(v))];
      const gates = { bias: await lab.vector(bias), rate: await lab.vector(rate) };
      for (const beta of [undefined, heads + 2]) {
        const expected = x.map((row) => {
          const pairs = bias.map((b, h) =>
            twin.recurrenceGate(
              row[1 + h] ?? 0,
              b,
              rate[h] ?? 0,
              beta === undefined ? undefined : (row[beta + h] ?? 0),
            ),
          );
          return [...pairs.map(([step]) => step), ...pairs.map(([, decay]) => decay)];
        });
        expectClose(lab.read(lab.ops.recurrenceGates(lab.tensor(x), 1, beta, gates)), expected, 1e-6);
      }
    }
  });

  it.each([
    ["the delta rule", true, false],
    ["the delta rule with tiled heads", true, true],
    ["a plain recurrence", false, false],
  ] as const)("%s equals its twin, however the rows come", async (_name, delta, tiled) => {
    const random = new TestRandom(3);
    for (const [nHead, nKeyHead] of [
      [1, 1],
      [4, 2],
      [3, 1],
    ] as const) {
      for (const [keyDim, valueDim] of [
        [1, 1],
        [8, 8],
        [5, 16],
        [10, 19],
        [16, 37],
      ] as const) {
        const width = 2 * nKeyHead * keyDim + nHead * valueDim;
        const small = (rows: number) => random.matrix(rows, width).map((row) => row.map((v) => v / 3));
        const sequences = [small(16), small(14)];
        const skips = delta ? undefined : random.vector(nHead);
        const recurrence: Recurrence = {
          layer: 1,
          offset: 0,
          nHead,
          nKeyHead,
          tiled,
          keyDim,
          valueDim,
          queries: 0,
          keys: nKeyHead * keyDim,
          values: 2 * nKeyHead * keyDim,
          delta,
          skip: skips && (await lab.vector(skips)),
        };
        const bytes = recurrenceStateBytes(nHead, keyDim, valueDim);
        // The gates of a row are its first numbers, brought to (0, 1).
        const gatesOf = (row: number[]) =>
          Array.from({ length: 2 * nHead }, (_, i) => 1 / (1 + Math.exp(-(row[i % width] ?? 0))));
        const results = [AT_ONCE, PASSES].flatMap((passes) =>
          [1, 3].map((threads) =>
            inPasses(passes, sequences, bytes, threads, (ops, x, batch) =>
              ops.recurrence(x, lab.tensor(lab.read(x).map(gatesOf)), recurrence, batch),
            ),
          ),
        );
        for (const result of results) expect(result).toEqual(results[0]);
        for (const [i, rows] of sequences.entries()) {
          const expected = rows.map((): number[] => []);
          for (let head = 0; head < nHead; head++) {
            const keyHead = tiled ? head % nKeyHead : Math.floor((head * nKeyHead) / nHead);
            const headRows = rows.map((row) => ({
              query: row.slice(keyHead * keyDim, (keyHead + 1) * keyDim),
              key: row.slice(recurrence.keys + keyHead * keyDim, recurrence.keys + (keyHead + 1) * keyDim),
              value: row.slice(
                recurrence.values + head * valueDim,
                recurrence.values + (head + 1) * valueDim,
              ),
              step: gatesOf(row)[head] ?? 0,
              decay: gatesOf(row)[nHead + head] ?? 0,
            }));
            const out = twin.recurrence(headRows, delta, skips?.[head]);
            for (const [t, values] of out.entries()) expected[t]?.push(...values);
          }
          expectClose(results[0]?.[i] ?? [], expected, 1e-5);
        }
      }
    }
  });

  it("columns are copied", () => {
    const random = new TestRandom(4);
    for (const count of sizes) {
      const x = random.matrix(3, count + 4);
      const expected = x.map((row) => row.slice(2, 2 + count).map(Math.fround));
      expect(lab.read(lab.ops.columns(lab.tensor(x), 2, count))).toEqual(expected);
    }
    expect(() => lab.ops.columns(lab.tensor(random.matrix(1, 4)), 2, 3)).toThrow("columns: 2 + 3 of 4");
  });
});
