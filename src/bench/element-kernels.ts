/** Kernels that take element by element: activations, gates, sums, products, factors, bounds. */
import * as twin from "../reference/twins.ts";
import { HIDDEN, promptBytes, ROWS, shape, WIDTH } from "./forward-kernels.ts";
import { type KernelCase, moving } from "./kernel-case.ts";

export const activations = [
  { name: "gelu-tanh", kind: "gelu_tanh", of: twin.geluTanh },
  { name: "gelu-erf", kind: "gelu_erf", of: twin.geluErf },
  { name: "silu", kind: "silu", of: twin.silu },
  { name: "relu", kind: "relu", of: twin.relu },
  { name: "relu-squared", kind: "relu_squared", of: twin.reluSquared },
  { name: "tanh", kind: "tanh", of: Math.tanh },
  { name: "quick-gelu", kind: "quick_gelu", of: twin.quickGelu },
  { name: "relu6", kind: "relu6", of: twin.relu6 },
  { name: "sigmoid", kind: "sigmoid", of: twin.sigmoid },
] as const;

/** Gated activations: gate, up -> output. */
export const gates = [
  ...activations.map(({ name, kind, of }) => ({
    name: kind === "silu" ? "swiglu" : `gated-${name}`,
    kind,
    of: (gate: number, up: number) => of(gate) * up,
  })),
  { name: "clamped-swiglu", kind: "clamped_swiglu", of: twin.clampedSwiglu },
] as const;

export const elementCases: readonly KernelCase[] = [
  ...activations.map(({ name, kind, of }) =>
    moving(name, shape(ROWS, HIDDEN), "copy", promptBytes(2, HIDDEN), (bench) => {
      const x = bench.random(ROWS, HIDDEN);
      const input = bench.tensor(x);
      return {
        run: ({ ops }) => ops.activation(kind, input),
        twin: () => x.map((row) => row.map(of)),
      };
    }),
  ),
  ...gates.map(({ name, kind, of }) =>
    moving(name, shape(ROWS, HIDDEN), "copy", promptBytes(3, HIDDEN), (bench) => {
      const x = bench.random(ROWS, 2 * HIDDEN);
      const input = bench.tensor(x);
      const gated = (row: number[]) =>
        row.slice(0, HIDDEN).map((gate, i) => of(gate, twin.at(row, HIDDEN + i)));
      return { run: ({ ops }) => ops.gated(kind, input), twin: () => x.map(gated) };
    }),
  ),
  moving("scale", shape(ROWS, WIDTH), "copy", promptBytes(2), (bench) => {
    const x = bench.random(ROWS, WIDTH);
    const [original, values] = [bench.tensor(x), bench.tensor(x)];
    return {
      reset: () => bench.restore(values, original),
      run: ({ ops }) => ops.scale(values, 0.3),
      twin: () => x.map((row) => row.map((value) => value * 0.3)),
    };
  }),
  moving("soft-cap", shape(ROWS, WIDTH), "copy", promptBytes(2), (bench) => {
    const x = bench.random(ROWS, WIDTH);
    const [original, values] = [bench.tensor(x), bench.tensor(x)];
    return {
      reset: () => bench.restore(values, original),
      run: ({ ops }) => ops.softCap(values, 1.5),
      twin: () => x.map((row) => row.map((value) => twin.softCap(value, 1.5))),
    };
  }),
  moving("multiply", shape(ROWS, WIDTH), "copy", promptBytes(3), (bench) => {
    const [a, b] = [bench.random(ROWS, WIDTH), bench.random(ROWS, WIDTH)];
    const [original, left, right] = [bench.tensor(a), bench.tensor(a), bench.tensor(b)];
    return {
      reset: () => bench.restore(left, original),
      run: ({ ops }) => ops.multiply(left, right),
      twin: () => twin.multiply(a, b, 0),
    };
  }),
  moving("add", shape(ROWS, WIDTH), "copy", promptBytes(3), (bench) => {
    const [a, b] = [bench.random(ROWS, WIDTH), bench.random(ROWS, WIDTH)];
    const [left, right, out] = [bench.tensor(a), bench.tensor(b), bench.tensor(a)];
    return {
      run: ({ ops }) => ops.add(left, right, out),
      twin: () => a.map((row, t) => row.map((value, i) => value + twin.at(b[t] ?? [], i))),
    };
  }),
];
