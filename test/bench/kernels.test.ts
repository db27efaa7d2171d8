import { describe, expect, it } from "vitest";
import type { KernelCase } from "../../src/bench/kernel-case.ts";
import { kernelCases, kernelsNamed } from "../../src/bench/kernels.ts";
import { type KernelResult, measureKernels } from "../../src/bench/measure-kernels.ts";
import { Operations } from "../../src/bench/operations.ts";
import { multiplyAddPeak } from "../../src/bench/peaks.ts";
import { Runtime } from "../../src/compute/runtime.ts";

const signal = new AbortController().signal;

describe("the table of kernels", () => {
  it("has every name once", () => {
    expect(new Set(kernelCases.map(({ name }) => name)).size).toBe(kernelCases.length);
  });

  it("is searched by the words of a name", () => {
    const named = (...words: string[]) => kernelsNamed(words).map(({ name }) => name);
    expect(named("rms-norm")).toEqual(["rms-norm", "rms-norm-gradient"]);
    expect(named("silu", "rope")).toEqual(["rope", "silu", "silu-gradient"]);
    expect(named()).toEqual(kernelCases.map(({ name }) => name));
    expect(() => kernelsNamed(["nor"])).toThrow(/^there is no kernel "nor": there are multiply-add, read/);
  });
});

describe("measureKernels", () => {
  const variants = [new Operations("plain", 1), new Operations("plain", 2)];

  async function measured(kernels: readonly KernelCase[]): Promise<KernelResult[]> {
    const results: KernelResult[] = [];
    for await (const result of measureKernels(kernels, { variants, rounds: 2, signal })) results.push(result);
    return results;
  }

  it("tells of rates, shares of the limit and errors, and gives all memory back", async () => {
    const { memory, scratch } = Runtime.get("plain");
    scratch.free();
    const before = memory.allocated;
    const [call, norm] = await measured([...kernelsNamed(["call"]), ...kernelsNamed(["rms-norm"])]);
    scratch.free();
    expect(memory.allocated).toBe(before);
    expect(call).toMatchObject({ kernel: "call", unit: "job", limit: null, maxError: null });
    expect(call?.measurements).toMatchObject([
      { build: "plain", threads: 1, share: null },
      { build: "plain", threads: 2, share: null },
    ]);
    expect(norm).toMatchObject({ kernel: "rms-norm", unit: "B", limit: "copy" });
    expect(norm?.maxError).toBeLessThan(1e-5);
    expect(norm?.measurements.map(({ build, threads }) => [build, threads])).toEqual([
      ["scalar", 1],
      ["plain", 1],
      ["plain", 2],
    ]);
    for (const { build, rate, share } of norm?.measurements ?? []) {
      expect(rate).toBeGreaterThan(0);
      if (build === "plain") expect(share).toBeGreaterThan(0);
    }
  });

  it("says how wrong a kernel is", async () => {
    const [wrong] = await measured([
      {
        name: "wrong",
        shape: "2",
        unit: "B",
        amount: 8,
        limit: null,
        prepare: () => ({ run: () => Float32Array.of(1, 2), twin: () => [[1, 4]] }),
      },
    ]);
    expect(wrong?.maxError).toBe(0.5);
  });

  it("ends when it is told to", async () => {
    const aborted = AbortSignal.abort(new Error("enough"));
    const run = measureKernels(kernelsNamed(["call"]), { variants, rounds: 1, signal: aborted });
    await expect(run.next()).rejects.toThrow("enough");
  });
});

describe("multiplyAddPeak", () => {
  it("is a rate, and leaves no memory behind", async () => {
    const { memory, scratch } = Runtime.get("plain");
    scratch.free();
    const before = memory.allocated;
    expect(await multiplyAddPeak("plain", 1)).toBeGreaterThan(1e8);
    scratch.free();
    expect(memory.allocated).toBe(before);
  });
});
