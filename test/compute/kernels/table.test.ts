import { expect, it } from "vitest";
import * as table from "../../../src/compute/kernels/table.ts";

const { ARGUMENT_SLOTS, ARGUMENTS, CONTROL_BYTES, kernels } = table;

/** The slots of a kernel's arguments after it was asked to write them. */
function written<A>(kernel: table.Kernel<A>, a: A) {
  const integers = new Uint32Array(ARGUMENT_SLOTS);
  kernel.write(integers, new Float32Array(integers.buffer), a);
  return { integers, floats: new Float32Array(integers.buffer) };
}

it("every kernel has a number of its own, from 0 on", () => {
  const numbers = Object.values(kernels).map(({ number }) => number);
  expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, i) => i));
  for (const [name, kernel] of Object.entries(kernels)) expect(kernel.name).toBe(name);
});

it("arguments are written in the order of the kernel's parameters, each as the type it has", () => {
  const groups = { groupSize: 6, groupStride: 7, weightStride: 8 };
  const norm = { out: 1, x: 2, weight: 3, bias: 4, width: 5, ...groups, epsilon: 0.5 };
  const { integers, floats } = written(kernels.layerNorm, norm);
  expect([...integers.subarray(0, 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(floats[8]).toBe(0.5);
  const weights = { weights: 8, panelBytes: 7, layout: table.Layout.Q4_K };
  const lookup = { out: 9, ids: 6, width: 5, scratch: 4, ...weights };
  expect([...written(kernels.embeddingQuantized, lookup).integers.subarray(0, 8)]).toEqual([
    9,
    8,
    7,
    6,
    5,
    table.Layout.Q4_K,
    4,
    0,
  ]);
});

it("a wrong, missing or superfluous argument does not compile", () => {
  const run = <A>(kernel: table.Kernel<A>, a: NoInfer<A>) => written(kernel, a);
  run(kernels.softmax, { out: 1, x: 2, width: 3 });
  // @ts-expect-error there is no argument `rows`
  run(kernels.softmax, { out: 1, x: 2, rows: 3 });
  // @ts-expect-error `width` is missing
  run(kernels.softmax, { out: 1, x: 2 });
  // @ts-expect-error `scale` is too much
  run(kernels.softmax, { out: 1, x: 2, width: 3, scale: 4 });
  // @ts-expect-error `silu` is a boolean
  run(kernels.gate, { x: 1, gate: 2, width: 3, silu: 1 });
});

it("the control block holds all arguments, aligned", () => {
  expect(ARGUMENTS % 64).toBe(0);
  expect(ARGUMENTS + 4 * ARGUMENT_SLOTS).toBeLessThanOrEqual(CONTROL_BYTES);
});

it("constants have the values of the kernels, for each build if they differ", () => {
  expect(table.PANEL).toBe(8);
  expect(table.TILE).toEqual({ plain: 4, relaxed: 6 });
  expect(table.GgmlType.Q6_K).toBe(14);
});
