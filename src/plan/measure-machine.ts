/** Measures this machine: what its threads read, what they multiply, and what kernels reach of both. */
import type { KernelCase } from "../bench/kernel-case.ts";
import { kernelCases } from "../bench/kernels.ts";
import { type Measurement, measureKernels } from "../bench/measure-kernels.ts";
import { Operations } from "../bench/operations.ts";
import type { Simd } from "../compute/kernels/kernels.ts";
import { machine } from "../host/machine.ts";
import type { MachineFigures } from "./machine.ts";

const ROUNDS = 3;

export interface MeasureMachineOptions {
  readonly simd: Simd;
  /** As many as a model may use. */
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Called after each kernel. */
  onKernel(name: string, done: number, total: number): void;
}

/**
 * @param kernels names in `gpt bench kernels` to find the shares of; those without a case keep the usual ones
 * @throws the signal's reason
 */
export async function measureMachine(
  kernels: readonly string[],
  { simd, threads, signal, onKernel }: MeasureMachineOptions,
): Promise<MachineFigures> {
  const wanted = new Set(["multiply-add", "read", "fork-join", ...kernels]);
  const cases = kernelCases.filter(({ name }) => wanted.has(name)).map(withoutTwin);
  const variants = [...new Set([1, threads])].map((count) => new Operations(simd, count));
  const measured = new Map<string, readonly Measurement[]>();
  for await (const { kernel, measurements } of measureKernels(cases, { variants, rounds: ROUNDS, signal })) {
    measured.set(kernel, measurements);
    onKernel(kernel, measured.size, cases.length);
  }
  const of = (kernel: string, count: number): Measurement => {
    const found = measured.get(kernel)?.find(({ threads, build }) => threads === count && build !== "scalar");
    if (found === undefined) throw new Error(`${kernel} was not measured on ${count} threads`);
    return found;
  };
  const shares = kernels.flatMap((kernel) => {
    const share = measured.has(kernel) ? of(kernel, threads).share : null;
    return share === null ? [] : [[kernel, share] as const];
  });
  return {
    name: machine.name,
    cores: threads,
    memoryBytes: machine.memoryBytes(),
    readBytesPerSecond: { one: of("read", 1).rate, all: of("read", threads).rate },
    flopsPerSecond: of("multiply-add", threads).rate / threads,
    jobSeconds: 1 / of("fork-join", threads).rate,
    shares: Object.fromEntries(shares),
  };
}

/** Plans need no comparison with the scalar twins, which takes longer than the measurement. */
const withoutTwin = (kernel: KernelCase): KernelCase => ({
  ...kernel,
  prepare: async (bench) => {
    const { twin: _, ...experiment } = await kernel.prepare(bench);
    return experiment;
  },
});
