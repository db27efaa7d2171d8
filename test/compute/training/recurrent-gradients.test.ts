import { afterEach, describe, expect, it } from "vitest";
import type { Recurrence } from "../../../src/compute/ops/recurrent-layers.ts";
import type { Matrix } from "../../../src/compute/tensor.ts";
import { GradientOps } from "../../../src/compute/training/gradient-ops.ts";
import { NO_WEIGHTS } from "../../../src/compute/training/recording-elements.ts";
import * as twin from "../../../src/reference/recurrent-gradients.ts";
import { at, matmul, silu, sum } from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, expectClose, Laboratory, sizes } from "../laboratory.ts";
import { differences, tapeGradients } from "./tape-gradients.ts";

const part = (rows: number[][], first: number, count: number) =>
  rows.map((row) => row.slice(first, first + count));

/** Elements of all rows at once: a vector for each column. */
const sumOfRows = (rows: number[][]) => (rows[0] ?? []).map((_, i) => sum(rows.map((row) => at(row, i))));

describe.each(builds)("gradients of recurrent layers, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  /** The same bits on one thread and on three. */
  function onThreads<T>(run: (ops: GradientOps) => T): T {
    const found = run(new GradientOps(lab.runtime, 1));
    const threaded = new Laboratory(simd, 3);
    expect(run(new GradientOps(lab.runtime, 3))).toEqual(found);
    threaded.close();
    return found;
  }

  it("the gate equals its twin", () => {
    const random = new TestRandom(1);
    for (const width of sizes) {
      const [x, y, dy] = [random.matrix(3, width), random.matrix(3, width + 5), random.matrix(3, width)];
      const before = random.matrix(3, width + 5);
      for (const activation of ["silu", "sigmoid"] as const) {
        const [dx, dgate] = onThreads((ops) => {
          const [gradient, target] = [lab.tensor(dy), lab.tensor(before)];
          ops.gate(gradient, target, lab.tensor(x), lab.tensor(y), 2, activation);
          return [lab.read(gradient), lab.read(target)] as const;
        });
        const expected = x.map((row, t) =>
          row.map((v, i) =>
            twin.gateBack(v, at(y[t] ?? [], i + 2), activation === "silu", at(dy[t] ?? [], i)),
          ),
        );
        expectClose(
          dx,
          expected.map((row) => row.map(({ dx }) => dx)),
          1e-6,
        );
        const added = before.map((row, t) => row.map((v, i) => v + (expected[t]?.[i - 2]?.dgate ?? 0)));
        expectClose(dgate, added, 1e-6);
      }
    }
  });

  it("the convolution equals its twin, sequence by sequence", async () => {
    const random = new TestRandom(2);
    for (const channels of sizes) {
      for (const taps of [2, 3, 4]) {
        const lengths = [7, 1, 2];
        const rows = sum(lengths);
        const [x, dy] = [random.matrix(rows, channels + 5), random.matrix(rows, channels)];
        const weights = random.matrix(channels, taps);
        const bias = channels % 2 > 0 ? random.vector(channels) : undefined;
        const isSilu = taps > 2;
        const layer = {
          ...{ layer: 0, offset: 0, silu: isSilu, weight: await lab.matrix(weights) },
          bias: bias && (await lab.vector(bias)),
        };
        const dw = await lab.matrix(weights.map((row) => row.map(() => 0)));
        const db = await lab.matrix(weights.map(() => [0]));
        const batch = { bounds: lab.indices([0, 7, 8, 10]) };
        const dx = lab.tensor(x.map((row) => row.map(() => 0)));
        const targets = { weight: dw.ptr, bias: db.ptr };
        new GradientOps(lab.runtime, 1).convolution(
          dx,
          lab.tensor(dy),
          lab.tensor(x),
          3,
          layer,
          targets,
          batch,
        );
        let first = 0;
        const own = lengths.map((count) => {
          const [inputs, slopes] = [x.slice(first, first + count), dy.slice(first, first + count)];
          first += count;
          return twin.convolutionBack(part(inputs, 3, channels), weights, bias, isSilu, slopes);
        });
        expectClose(
          part(lab.read(dx), 3, channels),
          own.flatMap(({ dx }) => dx),
          1e-5,
        );
        const total = weights.map((row, c) =>
          row.map((_, j) => sum(own.map(({ dw }) => at(dw[c] ?? [], j)))),
        );
        expectClose(lab.unpack(dw), total, 1e-5);
        expectClose(
          lab.unpack(db),
          sumOfRows(own.map(({ db }) => db)).map((v) => [v]),
          1e-5,
        );
        const threaded = onThreads((ops) => {
          const target = lab.tensor(x.map((row) => row.map(() => 0)));
          ops.convolution(target, lab.tensor(dy), lab.tensor(x), 3, layer, NO_WEIGHTS, batch);
          return lab.read(target);
        });
        expect(threaded).toEqual(lab.read(dx));
      }
    }
  });

  it("steps and decays equal their twin", async () => {
    const random = new TestRandom(3);
    for (const heads of sizes) {
      const x = random.matrix(4, 2 * heads + 3).map((row) => row.map((v) => 4 * v));
      const slopes = random.matrix(4, 2 * heads);
      const [bias, rate] = [random.vector(heads), random.vector(heads).map((v) => -Math.exp(v))];
      const gates = { bias: await lab.vector(bias), rate: await lab.vector(rate) };
      for (const beta of [undefined, heads + 2]) {
        const [drate, dbias] = [await lab.matrix(rate.map(() => [0])), await lab.matrix(rate.map(() => [0]))];
        const dx = lab.tensor(x.map((row) => row.map(() => 0)));
        const targets = { weight: drate.ptr, bias: dbias.ptr };
        const ops = new GradientOps(lab.runtime, 1);
        ops.recurrenceGates(dx, lab.tensor(slopes), lab.tensor(x), 1, beta, gates, targets);
        const own = x.map((row, t) =>
          bias.map((b, h) => {
            const [dstep, ddecay] = [at(slopes[t] ?? [], h), at(slopes[t] ?? [], heads + h)];
            const share = beta === undefined ? undefined : at(row, beta + h);
            return twin.recurrenceGateBack(at(row, 1 + h), b, at(rate, h), share, dstep, ddecay);
          }),
        );
        const found = lab.read(dx);
        expectClose(
          part(found, 1, heads),
          own.map((row) => row.map(({ dx }) => dx)),
          1e-5,
        );
        if (beta) {
          expectClose(
            part(found, beta, heads),
            own.map((row) => row.map(({ dbeta }) => dbeta)),
            1e-5,
          );
        }
        const columns = (of: "dx" | "drate") =>
          sumOfRows(own.map((row) => row.map((slope) => slope[of]))).map((v) => [v]);
        expectClose(lab.unpack(drate), columns("drate"), 1e-5);
        expectClose(lab.unpack(dbias), columns("dx"), 1e-5);
      }
    }
  });

  it.each([
    ["the delta rule", true, false],
    ["the delta rule with tiled heads", true, true],
    ["a plain recurrence", false, false],
  ] as const)("%s equals its twin, sequence by sequence", async (_name, delta, tiled) => {
    const random = new TestRandom(4);
    // One sequence is longer than two chunks of kept states.
    const lengths = [69, 1, 32];
    for (const [nHead, nKeyHead, keyDim, valueDim] of [
      [1, 1, 1, 1],
      [4, 2, 8, 8],
      [3, 1, 5, 16],
      [6, 3, 10, 7],
    ] as const) {
      const width = 2 * nKeyHead * keyDim + nHead * valueDim;
      const rows = sum(lengths);
      const x = random.matrix(rows, width).map((row) => row.map((v) => v / 2));
      const gates = random.matrix(rows, 2 * nHead).map((row) => row.map((v) => 1 / (1 + Math.exp(-v))));
      const dy = random.matrix(rows, nHead * valueDim);
      const skips = delta ? undefined : random.vector(nHead);
      const [keys, values] = [nKeyHead * keyDim, 2 * nKeyHead * keyDim];
      const recurrence: Recurrence = {
        ...{ layer: 0, offset: 0, nHead, nKeyHead, tiled, keyDim, valueDim, queries: 0, keys, values, delta },
        skip: skips && (await lab.vector(skips)),
      };
      const batch = { bounds: lab.indices([0, 69, 70, 102]), longest: 69 };
      const [dx, dgates, dskip] = onThreads((ops) => {
        const [target, slopes] = [lab.tensor(x), lab.tensor(gates)];
        const sums = lab.tensor([Array<number>(nHead).fill(0)]);
        const [given, own] = [lab.tensor(x), lab.tensor(gates)];
        ops.recurrence(target, slopes, lab.tensor(dy), given, own, recurrence, skips ? sums.ptr : 0, batch);
        return [lab.read(target), lab.read(slopes), lab.read(sums)] as const;
      });
      const expected = x.map((row) => row.map(() => 0));
      const slopes = gates.map((row) => row.map(() => 0));
      const skipped = Array<number>(nHead).fill(0);
      let first = 0;
      for (const count of lengths) {
        for (let head = 0; head < nHead; head++) {
          const keyHead = tiled ? head % nKeyHead : Math.floor((head * nKeyHead) / nHead);
          const places = {
            query: keyHead * keyDim,
            key: keys + keyHead * keyDim,
            value: values + head * valueDim,
          };
          const own = x.slice(first, first + count).map((row, t) => ({
            query: row.slice(places.query, places.query + keyDim),
            key: row.slice(places.key, places.key + keyDim),
            value: row.slice(places.value, places.value + valueDim),
            step: at(gates[first + t] ?? [], head),
            decay: at(gates[first + t] ?? [], nHead + head),
          }));
          const douts = part(dy.slice(first, first + count), head * valueDim, valueDim);
          for (const [t, slope] of twin.recurrenceBack(own, delta, skips?.[head] ?? 0, douts).entries()) {
            const row = expected[first + t] as number[];
            for (const name of ["query", "key", "value"] as const) {
              for (const [i, v] of slope[name].entries())
                row[places[name] + i] = at(row, places[name] + i) + v;
            }
            const steps = slopes[first + t] as number[];
            [steps[head], steps[nHead + head]] = [slope.step, slope.decay];
            skipped[head] = at(skipped, head) + slope.skip;
          }
        }
        first += count;
      }
      expectClose(dx, expected, 1e-4);
      expectClose(dgates, slopes, 1e-4);
      if (skips) expectClose(dskip, [skipped], 1e-4);
    }
  });

  it("columns and gates on the tape equal finite differences", async () => {
    const random = new TestRandom(5);
    const [input, weights] = [random.matrix(6, 5), random.matrix(11, 5)];
    const found = await tapeGradients(lab, [weights], (ops, [w]) => {
      const y = ops.linear(lab.tensor(input), { weight: w as Matrix });
      const kept = ops.withoutColumns(y, 3, 4);
      return ops.gate(ops.columns(kept, 1, 4), y, 3, "silu");
    });
    const expected = differences([weights], ([w = []]) =>
      matmul(input, w).map((row) => {
        const kept = [...row.slice(0, 3), ...row.slice(7)];
        return kept.slice(1, 5).map((v, i) => v * silu(at(row, 3 + i)));
      }),
    );
    const errors = expected.flat(2).map((value, i) => Math.abs(value - at(found.flat(2), i)));
    expect(Math.max(...errors)).toBeLessThan(1e-3);
  });
});
