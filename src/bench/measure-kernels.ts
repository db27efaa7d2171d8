/** Measures kernels, all builds and numbers of threads in turn, so that what else the machine does meets each of them. */
import { setImmediate } from "node:timers/promises";
import type { Simd } from "../compute/kernels/kernels.ts";
import { sum } from "../reference/twins.ts";
import type { Experiment, KernelCase, Limit, Twin, Unit } from "./kernel-case.ts";
import type { Operations } from "./operations.ts";
import { limits } from "./peaks.ts";
import { median } from "./statistics.ts";
import { Workbench } from "./workbench.ts";

/** Of so many runs, and of as many as take so long, the fastest counts. */
const LEAST_RUNS = 3;
const LEAST_MS = 10;
/** So long the twin is measured, which is slow, or for one run. */
const SCALAR_MS = 500;
/** So long everything runs before it is measured: it is compiled meanwhile, and the workers come up. */
const WARM_UP_MS = 100;

export interface Measurement {
  readonly build: "scalar" | Simd;
  readonly threads: number;
  /** The median of all rounds, in the kernel's unit a second. */
  readonly rate: number;
  /** Of what the same build and threads reached in the kernel's limit in the same round: the median. Null without a limit. */
  readonly share: number | null;
  /** By how much the share is larger than a baseline's, of that; -0.1 for a tenth less. */
  readonly change?: number;
}

export interface KernelResult {
  readonly kernel: string;
  readonly shape: string;
  readonly unit: Unit;
  readonly limit: Limit | null;
  /** The largest difference from the scalar twin, as a share of the twin's largest value. Null without a twin. */
  readonly maxError: number | null;
  readonly measurements: readonly Measurement[];
}

export interface MeasureOptions {
  readonly variants: readonly Operations[];
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** Yields what each kernel reaches. @throws the signal's reason */
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

/** What is run, and how much one run is. */
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

/** The twin, with the time of every run noted. */
const timed =
  (twin: Twin, times: number[]): Twin =>
  (build) => {
    const start = performance.now();
    const rows = twin(build);
    times.push(performance.now() - start);
    return rows;
  };

/** The rate of each round, and which share it was of the limit's. */
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

/** What a run reaches a second: the fastest of some, since others may have waited for the processor. */
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

/** @throws Error where there are not as many values as expected */
function relativeError(values: Float32Array, expected: readonly number[]): number {
  if (values.length !== expected.length) throw new Error(`${values.length} values for ${expected.length}`);
  let [difference, largest] = [0, 0];
  for (const [i, value] of expected.entries()) {
    difference = Math.max(difference, Math.abs((values[i] ?? Number.NaN) - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / largest;
}
