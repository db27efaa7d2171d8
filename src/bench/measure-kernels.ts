/**
 * Measures kernels. Builds and numbers of threads take turns, so other work on the machine slows all of them
 * alike.
 */
import { setImmediate } from "node:timers/promises";
import type { Simd } from "../compute/kernels/kernels.ts";
import { sum } from "../reference/twins.ts";
import type { Experiment, KernelCase, Limit, Twin, Unit } from "./kernel-case.ts";
import type { Operations } from "./operations.ts";
import { limits } from "./peaks.ts";
import { median } from "./statistics.ts";
import { Workbench } from "./workbench.ts";

/** The fastest run counts, of at least this number of runs and this time. */
const LEAST_RUNS = 3;
const LEAST_MS = 10;
/** Time for runs of the twin, which is slow. It runs at least once. */
const SCALAR_MS = 500;
/** Time for warm-up: V8 compiles the kernels, and the workers start. */
const WARM_UP_MS = 100;

export interface Measurement {
  readonly build: "scalar" | Simd;
  readonly threads: number;
  /** The median of all rounds, in units of the kernel per second. */
  readonly rate: number;
  /**
   * The median share of the limit of the kernel, measured in the same round with the same build and threads.
   * Null without a limit.
   */
  readonly share: number | null;
  /** Relative change of the share since a baseline; -0.1 is a tenth less. */
  readonly change?: number;
}

export interface KernelResult {
  readonly kernel: string;
  readonly shape: string;
  readonly unit: Unit;
  readonly limit: Limit | null;
  /**
   * The largest difference from the scalar twin, relative to the largest value of the twin. Null without a
   * twin.
   */
  readonly maxError: number | null;
  readonly measurements: readonly Measurement[];
}

export interface MeasureOptions {
  readonly variants: readonly Operations[];
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** Yields the rates of each kernel. @throws the signal's reason */
export async function* measureKernels(
  kernels: readonly KernelCase[],
  options: MeasureOptions,
): AsyncGenerator<KernelResult> {
  using bench = new Workbench();
  const peaks = new Map<Limit, Subject>();
  for (const kernel of kernels) {
    const { limit } = kernel;
    if (limit && !peaks.has(limit)) peaks.set(limit, await warm(limits[limit], bench, options));
    yield await measureKernel(kernel, limit ? peaks.get(limit) : undefined, options);
  }
}

/** A runnable kernel and the amount of one run. */
interface Subject {
  readonly amount: number;
  readonly experiment: Experiment;
}

async function warm(
  kernel: KernelCase,
  bench: Workbench,
  { variants, signal }: MeasureOptions,
): Promise<Subject> {
  const subject = { amount: kernel.amount, experiment: await kernel.prepare(bench) };
  for (const on of variants) {
    const end = performance.now() + WARM_UP_MS;
    while (performance.now() < end) {
      rateOf(subject, on);
      await setImmediate();
      signal.throwIfAborted();
    }
  }
  return subject;
}

async function measureKernel(
  kernel: KernelCase,
  peak: Subject | undefined,
  options: MeasureOptions,
): Promise<KernelResult> {
  using bench = new Workbench();
  const subject = await warm(kernel, bench, options);
  const { name, shape, unit, amount, limit } = kernel;
  const twinTimes: number[] = [];
  const twin = subject.experiment.twin && timed(subject.experiment.twin, twinTimes);
  const maxError = twin ? largestError(subject.experiment, twin, bench, options.variants) : null;
  const samples = options.variants.map((on): Sample => ({ on, rates: [], shares: [] }));
  for (let round = 0; round < options.rounds; round++) {
    for (const { on, rates, shares } of samples) {
      const rate = rateOf(subject, on);
      rates.push(rate);
      if (peak) shares.push(rate / rateOf(peak, on));
      await setImmediate();
      options.signal.throwIfAborted();
    }
    if (twin && sum(twinTimes) < SCALAR_MS) twin("plain");
  }
  const measurements = [...(twin ? [ofTwin(amount, twinTimes)] : []), ...samples.map(ofBuild)];
  return { kernel: name, shape, unit, limit, maxError, measurements };
}

/** The twin. It records the time of every run. */
const timed =
  (twin: Twin, times: number[]): Twin =>
  (build) => {
    const start = performance.now();
    const rows = twin(build);
    times.push(performance.now() - start);
    return rows;
  };

/** The rate of each round, and its share of the rate of the limit. */
interface Sample {
  readonly on: Operations;
  readonly rates: number[];
  readonly shares: number[];
}

const ofBuild = ({ on: { simd: build, threads }, rates, shares }: Sample): Measurement => ({
  build,
  threads,
  rate: median(rates),
  share: shares.length > 0 ? median(shares) : null,
});

const ofTwin = (amount: number, times: readonly number[]): Measurement => ({
  build: "scalar",
  threads: 1,
  rate: (1000 * amount) / median(times),
  share: null,
});

/** Rate of a run: the fastest of some runs, because others may have waited for the processor. */
function rateOf({ amount, experiment }: Subject, on: Operations): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let [runs, spent] = [0, 0]; runs < LEAST_RUNS || spent < LEAST_MS; runs++) {
    experiment.reset?.();
    const mark = on.runtime.scratch.mark();
    const time = milliseconds(() => experiment.run(on));
    on.runtime.scratch.release(mark);
    fastest = Math.min(fastest, time);
    spent += time;
  }
  return (1000 * amount) / fastest;
}

function milliseconds(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function largestError(
  experiment: Experiment,
  twin: Twin,
  bench: Workbench,
  variants: readonly Operations[],
): number {
  const builds = new Set(variants.map(({ simd }) => simd));
  const expected = new Map([...builds].map((build) => [build, twin(build).flat()]));
  const errors = variants.map((on) => {
    experiment.reset?.();
    const mark = on.runtime.scratch.mark();
    const values = bench.read(experiment.run(on), on);
    on.runtime.scratch.release(mark);
    return relativeError(values, expected.get(on.simd) ?? []);
  });
  return Math.max(...errors);
}

/** @throws Error if the number of values is not the expected one */
function relativeError(values: Float32Array, expected: readonly number[]): number {
  if (values.length !== expected.length) throw new Error(`${values.length} values for ${expected.length}`);
  let [difference, largest] = [0, 0];
  for (const [i, value] of expected.entries()) {
    difference = Math.max(difference, Math.abs((values[i] ?? Number.NaN) - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / largest;
}
