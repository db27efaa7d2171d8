import { afterEach, describe, expect, it } from "vitest";
import { gates } from "../../../src/bench/element-kernels.ts";
import { gatedSlopes } from "../../../src/bench/gradient-kernels.ts";
import { NO_TARGET } from "../../../src/compute/kernels/table.ts";
import type { Matrix } from "../../../src/compute/tensor.ts";
import { GradientOps } from "../../../src/compute/training/gradient-ops.ts";
import * as gradient from "../../../src/reference/gradients.ts";
import { at, softCap as twinSoftCap } from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, column, expectClose, Laboratory, sizes } from "../laboratory.ts";

const plus = (a: number[][], b: number[][]) => a.map((row, i) => row.map((v, j) => v + at(b[i] ?? [], j)));
const zeros = (count: number) => Array.from({ length: count }, () => [0]);

describe.each(builds)("gradients of ops, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  let ops = new GradientOps(lab.runtime, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
    ops = new GradientOps(lab.runtime, 1);
  });

  it("of linear equal their twin for every size, and add to earlier gradients", async () => {
    const random = new TestRandom(1);
    for (const inputs of sizes) {
      for (const outputs of sizes) {
        const rows = 1 + random.integer(9);
        const [x, w, dy] = [
          random.matrix(rows, inputs),
          random.matrix(outputs, inputs),
          random.matrix(rows, outputs),
        ];
        const [startW, startB] = [random.matrix(outputs, inputs), random.matrix(outputs, 1)];
        const [dw, db] = [await lab.matrix(startW), await lab.matrix(startB)];
        const [tx, tdy, dx] = [lab.tensor(x), lab.tensor(dy), lab.tensor(x)];
        ops.linearWeights({ weight: dw.ptr, bias: db.ptr }, tdy, tx);
        ops.linearInput(dx, tdy, await lab.matrix(w));
        const expected = gradient.matmul(x, w, dy);
        expectClose(lab.read(dx), expected.dx, 2e-5);
        expectClose(lab.unpack(dw), plus(startW, expected.dw), 1e-5);
        expectClose(lab.unpack(db), plus(startB, column(expected.db)), 1e-5);
        expect(padding(dw)).toEqual(padding(dw).map(() => 0));
      }
    }
  });

  it("of linear sum chunks of many outputs and many rows", async () => {
    const random = new TestRandom(2);
    const [rows, inputs, outputs] = [1100, 9, 1300];
    const [x, w, dy] = [
      random.matrix(rows, inputs),
      random.matrix(outputs, inputs),
      random.matrix(rows, outputs),
    ];
    const dw = await lab.matrix(w.map((row) => row.map(() => 0)));
    const [tx, tdy, dx] = [lab.tensor(x), lab.tensor(dy), lab.tensor(x)];
    ops.linearWeights({ weight: dw.ptr, bias: 0 }, tdy, tx);
    ops.linearInput(dx, tdy, await lab.matrix(w));
    const expected = gradient.matmul(x, w, dy);
    expectClose(lab.read(dx), expected.dx, 2e-4);
    expectClose(lab.unpack(dw), expected.dw, 2e-4);
  });

  /** The outputs that only fill the last panel. */
  function padding({ outputs, inputs, ptr }: Matrix): number[] {
    const all = Array.from(lab.runtime.memory.f32(ptr, Math.ceil(outputs / 8) * 8 * inputs));
    return all.filter((_, i) => Math.floor(i / (8 * inputs)) * 8 + (i % 8) >= outputs);
  }

  it("of the lookup add up in the rows that were looked up", async () => {
    const random = new TestRandom(3);
    const start = random.matrix(131, 60);
    const dx = random.matrix(6, 60);
    const ids = [130, 0, 7, 8, 64, 7];
    const table = await lab.matrix(start);
    ops.embedding(table.ptr, lab.tensor(dx), lab.indices(ids));
    const expected = start.map((row, id) =>
      row.map((v, i) => ids.reduce((sum, other, t) => sum + (other === id ? at(dx[t] ?? [], i) : 0), v)),
    );
    expectClose(lab.unpack(table), expected, 1e-6);
  });

  it("of layer norm and RMS norm equal their twin", async () => {
    const random = new TestRandom(4);
    for (const width of sizes.filter((n) => n > 1)) {
      for (const centred of [true, false]) {
        const x = random.matrix(5, width).map((row) => row.map((v) => 3 * v + 1));
        const [weight, dy] = [random.vector(width), random.matrix(5, width)];
        const [dw, db] = [
          await lab.matrix(random.matrix(width, 1)),
          await lab.matrix(random.matrix(width, 1)),
        ];
        const [startW, startB] = [lab.unpack(dw), lab.unpack(db)];
        const at = { rows: 5, width, groupSize: 1, groupStride: width, offset: 0 };
        const g = lab.tensor(dy);
        const targets = { weight: dw.ptr, bias: centred ? db.ptr : 0 };
        ops.norm(g, lab.tensor(x), await lab.vector(weight), targets, at, 1e-5, centred);
        const expected = gradient.norm(x, weight, 1e-5, centred, dy);
        expectClose(lab.read(g), expected.dx, 2e-5);
        expectClose(lab.unpack(dw), plus(startW, column(expected.dw)), 1e-5);
        expectClose(lab.unpack(db), centred ? plus(startB, column(expected.db)) : startB, 1e-5);
      }
    }
  });

  it.each([true, false])(
    "of norms with weights for each head equal the twin of each (centred: %s)",
    async (centred) => {
      const random = new TestRandom(6);
      for (const width of [4, 7]) {
        const [x, dy] = [random.matrix(4, 3 * width), random.matrix(4, 3 * width)];
        const weights = random.matrix(2, width);
        const [dw, db] = [await lab.matrix(zeros(2 * width)), await lab.matrix(zeros(2 * width))];
        const weight = { ...(await lab.vector(weights.flat())), shape: [2, width] };
        const at = { rows: 8, width, groupSize: 2, groupStride: 3 * width, offset: width };
        const targets = { weight: dw.ptr, bias: centred ? db.ptr : 0 };
        const g = lab.tensor(dy);
        ops.norm(g, lab.tensor(x), weight, targets, at, 1e-5, centred);
        for (const [h, own] of weights.entries()) {
          const head = (rows: number[][]) => rows.map((row) => row.slice((h + 1) * width, (h + 2) * width));
          const expected = gradient.norm(head(x), own, 1e-5, centred, head(dy));
          expectClose(head(lab.read(g)), expected.dx, 1e-5);
          const part = (rows: number[][]) => rows.slice(h * width, (h + 1) * width);
          expectClose(part(lab.unpack(dw)), column(expected.dw), 1e-5);
          expectClose(part(lab.unpack(db)), column(centred ? expected.db : zeros(width).flat()), 1e-5);
        }
      }
    },
  );

  it("of RMS norm work on heads inside wider rows", async () => {
    const random = new TestRandom(5);
    const [headDim, heads, first, count] = [6, 5, 1, 3];
    const [x, dy] = [random.matrix(4, heads * headDim), random.matrix(4, heads * headDim)];
    const weight = random.vector(headDim);
    const dw = await lab.matrix(weight.map(() => [0]));
    const at = {
      rows: 4 * count,
      width: headDim,
      groupSize: count,
      groupStride: heads * headDim,
      offset: first * headDim,
    };
    const g = lab.tensor(dy);
    ops.norm(g, lab.tensor(x), await lab.vector(weight), { weight: dw.ptr, bias: 0 }, at, 1e-6, false);
    const chosen = (rows: number[][]) =>
      rows.flatMap((row) =>
        Array.from({ length: count }, (_, h) => row.slice((first + h) * headDim, (first + h + 1) * headDim)),
      );
    const expected = gradient.norm(chosen(x), weight, 1e-6, false, chosen(dy));
    expectClose(chosen(lab.read(g)), expected.dx, 1e-5);
    expectClose(lab.unpack(dw), column(expected.dw), 1e-5);
    const others = (rows: number[][]) =>
      rows.map((row) => [...row.slice(0, headDim), ...row.slice(4 * headDim)]);
    expect(others(lab.read(g))).toEqual(others(dy.map((row) => row.map(Math.fround))));
  });

  it.each([
    ["gelu_tanh", gradient.geluTanhSlope],
    ["gelu_erf", gradient.geluErfSlope],
    ["silu", gradient.siluSlope],
    ["relu", gradient.reluSlope],
    ["relu_squared", gradient.reluSquaredSlope],
    ["tanh", gradient.tanhSlope],
    ["quick_gelu", gradient.quickGeluSlope],
    ["relu6", gradient.relu6Slope],
    ["sigmoid", gradient.sigmoidSlope],
  ] as const)("of %s equal its slope", (activation, slope) => {
    const x = Array.from({ length: 161 }, (_, i) => (i - 80) / 16);
    const dy = new TestRandom(6).vector(x.length);
    const g = lab.tensor([dy]);
    ops.activation(activation, g, lab.tensor([x]));
    expectClose(lab.read(g), [x.map((v, i) => slope(v) * at(dy, i))], 2e-6);
  });

  it.each(gates)("of $name go to gate and up", ({ kind }) => {
    const random = new TestRandom(7);
    for (const width of sizes) {
      const [x, dy] = [
        random.matrix(3, 2 * width).map((row) => row.map((v) => (kind === "gelu_erf" ? 1 : 5) * v)),
        random.matrix(3, width),
      ];
      const dx = lab.tensor(x);
      ops.gated(kind, dx, lab.tensor(dy), lab.tensor(x));
      const expected = x.map((row, t) => {
        const slopes = row.slice(0, width).map((gate, i) => gatedSlopes(kind, gate, at(row, width + i)));
        const along = (part: "gate" | "up") => slopes.map((slope, i) => slope[part] * at(dy[t] ?? [], i));
        return [...along("gate"), ...along("up")];
      });
      expectClose(lab.read(dx), expected, 1e-4);
    }
  });

  it("of scaled and capped values equal their slopes", () => {
    const x = Array.from({ length: 161 }, (_, i) => (i - 80) / 16);
    const dy = new TestRandom(6).vector(x.length);
    const [g, scaled] = [lab.tensor([dy]), lab.tensor([dy])];
    ops.softCap(g, lab.tensor([x.map((v) => twinSoftCap(v, 3))]), 3);
    expectClose(lab.read(g), [x.map((v, i) => gradient.softCapSlope(v, 3) * at(dy, i))], 2e-6);
    ops.scale(scaled, 0.3);
    expectClose(lab.read(scaled), [dy.map((v) => 0.3 * v)], 1e-6);
  });

  it.each([0, 0.1])("of cross-entropy equal their twin, label smoothing %d", (smoothing) => {
    const random = new TestRandom(10);
    for (const width of sizes) {
      const x = random.matrix(6, width).map((row) => row.map((v) => 5 * v));
      const targets = x.map((_, t) => (t === 2 ? -1 : random.integer(width)));
      const logits = lab.tensor(x);
      const classes = targets.map((target) => (target < 0 ? NO_TARGET : target));
      const weights = Float32Array.from(x, (_, t) => (t % 2 === 0 ? 0.25 : -1.5));
      const losses = ops.crossEntropy(logits, classes, weights, smoothing);
      const expected = gradient.crossEntropy(x, targets, smoothing);
      expectClose([[...losses]], [expected.losses], 1e-5);
      expectClose(
        lab.read(logits),
        expected.gradient.map((row, t) => row.map((v) => (weights[t] ?? 0) * v)),
        2e-6,
      );
    }
  });

  it("cross-entropy stays finite where a target is as good as impossible", () => {
    const logits = lab.tensor([[1000, -1000, 0]]);
    const losses = ops.crossEntropy(logits, [1], Float32Array.of(1), 0);
    expect([...losses]).toEqual([2000]);
    expectClose(lab.read(logits), [[1, -1, 0]], 1e-6);
  });
});
