import { describe, expect, it } from "vitest";
import { type AttentionRules, attendRow, attentionGradient } from "../../src/reference/attention.ts";
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
  const rows = (count: number, width: number): Rows => random.matrix(count, width);

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
      [twin.quickGelu, gradient.quickGeluSlope],
      [twin.sigmoid, gradient.sigmoidSlope],
    ] as const) {
      expectDifferences(x.map(slope), x, (x) => twin.sum(x.map(f)));
    }
    const beside = x.map((v) => 2 * v + 0.1); // of the bends at 0 and 6
    expectDifferences(beside.map(gradient.relu6Slope), beside, (x) => twin.sum(x.map(twin.relu6)));
  });

  it("of the rotary embedding", () => {
    const [head, dy] = [random.vector(6), random.vector(6)];
    const frequencies = [1, 0.3, 0.1];
    const turned = (head: number[]) => twin.dot(dy, twin.rope(head, 5, frequencies));
    expectDifferences(gradient.ropeBack(dy, 5, frequencies), head, turned);
  });

  const reach = { past: Number.MAX_SAFE_INTEGER, future: 0, chunk: 0 };
  it.each<[string, Omit<AttentionRules, "scale">]>([
    ["plain", {}],
    ["with dropout", { keep: rows(5, 5).map((row) => row.map((v) => (v < 0 ? 0 : 1 / 0.7))) }],
    ["with a window", { reach: { ...reach, past: 1 } }],
    ["with chunks", { reach: { ...reach, chunk: 2 } }],
    ["with all positions", { reach: { ...reach, future: Number.MAX_SAFE_INTEGER } }],
    ["capped", { softCap: 0.8 }],
    ["with biases", { bias: (distance) => Math.cos(distance) }],
    ["with a sink", { sink: 0.7 }],
    ["with all of them", { reach: { ...reach, past: 2 }, softCap: 0.5, bias: Math.sin, sink: -0.2 }],
  ])("of attention %s", (_, differences) => {
    const rules = { scale: 0.6, ...differences };
    const [q, k, v, dout] = [rows(5, 3), rows(5, 3), rows(5, 2), rows(5, 2)];
    const loss = (q: Rows, k: Rows, v: Rows, rules: AttentionRules): number =>
      twin.sum(q.map((query, i) => twin.dot(dout[i] ?? [], attendRow(query, k, v, i, rules))));
    const { dq, dk, dv, dsink, dbias } = attentionGradient(q, k, v, rules, dout);
    expectDifferences(dq.flat(), q.flat(), (q) => loss(shaped(q, 3), k, v, rules));
    expectDifferences(dk.flat(), k.flat(), (k) => loss(q, shaped(k, 3), v, rules));
    expectDifferences(dv.flat(), v.flat(), (v) => loss(q, k, shaped(v, 2), rules));
    const { sink, bias = () => 0 } = differences;
    if (sink !== undefined) {
      expectDifferences([dsink], [sink], ([sink = 0]) => loss(q, k, v, { ...rules, sink }));
    }
    for (const [distance, slope] of dbias) {
      const more =
        (x = 0) =>
        (d: number) =>
          bias(d) + (d === distance ? x : 0);
      expectDifferences([slope], [0], ([x]) => loss(q, k, v, { ...rules, bias: more(x) }));
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
