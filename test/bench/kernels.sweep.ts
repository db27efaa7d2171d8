/** Every case of the benchmark against its scalar twin, at the sizes that are measured. */
import { describe, expect, it } from "vitest";
import type { KernelCase } from "../../src/bench/kernel-case.ts";
import { kernelCases } from "../../src/bench/kernels.ts";
import { Operations } from "../../src/bench/operations.ts";
import { Workbench } from "../../src/bench/workbench.ts";
import { builds } from "../compute/laboratory.ts";

/** Larger than the rounding errors of f32, smaller than any real fault. */
const TOLERANCE = 2e-5;

/**
 * Kernels with the same bits as their twins in the plain build: exact integers in a fixed order, and copies
 * of weights.
 */
const isExact = ({ name }: KernelCase): boolean => /^(matmul-q|pack-|quantize-|repack-)/.test(name);

describe.each(builds)("kernels, %s build", (simd) => {
  it.each(kernelCases)("$name equals its twin", async (kernel) => {
    const [one, two] = [new Operations(simd, 1), new Operations(simd, 2)];
    const tolerance = simd === "plain" && isExact(kernel) ? 0 : TOLERANCE;
    using bench = new Workbench();
    const { reset, run, twin } = await kernel.prepare(bench);
    const values = [one, two].map((on) => {
      reset?.();
      const mark = on.runtime.scratch.mark();
      const output = bench.read(run(on), on);
      on.runtime.scratch.release(mark);
      return output;
    });
    const [first = new Float32Array(), second = first] = values;
    expect(Buffer.from(first.buffer).equals(Buffer.from(second.buffer)), "the same bytes").toBe(true);
    const expected = twin?.(simd).flat() ?? [];
    expect(first.length).toBe(expected.length);
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const worst = expected.findIndex(
      (value, i) => !(Math.abs((first[i] ?? Number.NaN) - value) <= tolerance * largest),
    );
    expect(worst, "an element that is wrong").toBe(-1);
  });
});
