import { describe, expect, it } from "vitest";
import * as gradient from "../../src/reference/gradients.ts";
import * as twin from "../../src/reference/twins.ts";
import { TestRandom } from "./random.ts";

type Rows = number[][];

/** Holds a derivative against central differences of sum(weight * f) in every element of x. */
function expectDifferences(actual: number[], x: number[], f: (x: number[]) => number): void {
  const h = 1e-5;
  expect(actual.length).toBe(x.length);
  for (const [i, value] of x.entries()) {
    const moved = (by: number) => f(x.map((v, j) => (j === i ? value + by : v)));
    expect(actual[i]).toBeCloseTo((moved(h) - moved(-h)) / (2 * h), 7);
  }
}

const inner = (a: Rows, b: Rows): number => twin.dot(a.flat(), b.flat());
const shaped = (flat: number[], width: number): Rows =>
  Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));

describe("the backward twins equal finite differences", () => {
  const random = new TestRandom(1);

  it("of the matrix product", () => {
    const [x, w, dy] = [random.matrix(3, 5), random.matrix(4, 5), random.matrix(3, 4)];
    const b = random.vector(4);
    const { dx, dw, db } = gradient.matmul(x, w, dy);
    expectDifferences(dx.flat(), x.flat(), (x) => inner(dy, twin.matmul(shaped(x, 5), w, b)));
    expectDifferences(dw.flat(), w.flat(), (w) => inner(dy, twin.matmul(x, shaped(w, 5), b)));
    expectDifferences(db, b, (b) => inner(dy, twin.matmul(x, w, b)));
  });

  it("of layer norm and RMS norm", () => {
    const [x, dy] = [random.matrix(3, 5), random.matrix(3, 5)];
    const [weight, bias] = [random.vector(5), random.vector(5)];
    const layer = gradient.norm(x, weight, 1e-5, true, dy);
    const layerNorm = (x: Rows, w: number[], b: number[]) => inner(dy, twin.layerNorm(x, w, b, 1e-5));
    expectDifferences(layer.dx.flat(), x.flat(), (x) => layerNorm(shaped(x, 5), weight, bias));
    expectDifferences(layer.dw, weight, (w) => layerNorm(x, w, bias));
    expectDifferences(layer.db, bias, (b) => layerNorm(x, weight, b));
    const rms = gradient.norm(x, weight, 1e-5, false, dy);
    expectDifferences(rms.dx.flat(), x.flat(), (x) => inner(dy, twin.rmsNorm(shaped(x, 5), weight, 1e-5)));
    expectDifferences(rms.dw, weight, (w) => inner(dy, twin.rmsNorm(x, w, 1e-5)));
  });

  it("of the activations", () => {
    const x = Array.from({ length: 33 }, (_, i) => (i - 16) / 5);
    for (const [f, slope] of [
      [twin.geluTanh, gradient.geluTanhSlope],
      [twin.geluErf, gradient.geluErfSlope],
      [twin.silu, gradient.siluSlope],
    ] as const) {
      expectDifferences(x.map(slope), x, (x) => twin.sum(x.map(f)));
    }
  });

  it("of the rotary embedding", () => {
    const [head, dy] = [random.vector(6), random.vector(6)];
    const frequencies = [1, 0.3, 0.1];
    const turned = (head: number[]) => twin.dot(dy, twin.rope(head, 5, frequencies));
    expectDifferences(gradient.ropeBack(dy, 5, frequencies), head, turned);
  });

  it("of attention, with and without dropout", () => {
    const [q, k, v, dout] = [4, 4, 4, 4].map((rows) => random.matrix(rows, 3)) as [Rows, Rows, Rows, Rows];
    const dropped = q.map(() => k.map(() => (random.uniform() < 0.3 ? 0 : 1 / 0.7)));
    for (const keep of [undefined, dropped]) {
      const output = (q: Rows, k: Rows, v: Rows): Rows =>
        q.map((query, i) => {
          const p = twin.softmax(k.slice(0, i + 1).map((key) => 0.6 * twin.dot(query, key)));
          return query.map((_, d) => twin.sum(p.map((w, j) => w * (keep?.[i]?.[j] ?? 1) * (v[j]?.[d] ?? 0))));
        });
      const { dq, dk, dv } = gradient.attention(q, k, v, 0.6, dout, keep);
      expectDifferences(dq.flat(), q.flat(), (q) => inner(dout, output(shaped(q, 3), k, v)));
      expectDifferences(dk.flat(), k.flat(), (k) => inner(dout, output(q, shaped(k, 3), v)));
      expectDifferences(dv.flat(), v.flat(), (v) => inner(dout, output(q, k, shaped(v, 3))));
    }
  });

  it.each([0, 0.1])("of cross-entropy, label smoothing %d", (smoothing) => {
    const x = random.matrix(3, 5);
    const targets = [4, -1, 0];
    const { gradient: dx } = gradient.crossEntropy(x, targets, smoothing);
    expectDifferences(dx.flat(), x.flat(), (x) =>
      twin.sum(gradient.crossEntropy(shaped(x, 5), targets, smoothing).losses),
    );
  });
});
