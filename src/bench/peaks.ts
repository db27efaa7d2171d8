/** Peak rates of this machine, which kernels are compared with, and the cost of a job. */
import type { Simd } from "../compute/kernels/kernels.ts";
import { ITEM_FLOPS } from "../compute/kernels/peak-ops.ts";
import { SLICES_PER_THREAD } from "../compute/kernels/threads.ts";
import type { KernelCase, Limit, Unit } from "./kernel-case.ts";
import { Operations } from "./operations.ts";

/** Rows and width of 256 MiB: a cache of 32 MiB holds a large part of twice its size. */
const STREAM = [1 << 12, 1 << 14] as const;
const STREAM_BYTES = 4 * STREAM[0] * STREAM[1];

/** A few milliseconds of multiply-adds. */
const ITEMS = 512;

const JOBS = 1000;

const best = (
  name: string,
  shape: string,
  unit: Unit,
  amount: number,
  prepare: KernelCase["prepare"],
): KernelCase => ({ name, shape, unit, amount, limit: null, prepare });

export const limits: Readonly<Record<Limit, KernelCase>> = {
  "multiply-add": best("multiply-add", "registers", "FLOP", ITEMS * ITEM_FLOPS, () => ({
    run: ({ peaks }) => void peaks.multiplyAdds(ITEMS),
  })),
  read: best("read", "256 MiB", "B", STREAM_BYTES, (bench) => {
    const from = bench.zeros(...STREAM);
    return { run: ({ peaks }) => void peaks.read(from) };
  }),
  copy: best("copy", "256 MiB", "B", 2 * STREAM_BYTES, (bench) => {
    const [from, to] = [bench.zeros(...STREAM), bench.zeros(...STREAM)];
    return { run: ({ peaks }) => void peaks.copy(to, from) };
  }),
};

export const peakCases: readonly KernelCase[] = [
  ...Object.values(limits),
  best("call", "a job of 1 slice", "job", JOBS, () => ({
    run({ peaks }) {
      for (let job = 0; job < JOBS; job++) peaks.nothing(1);
    },
  })),
  best("fork-join", `${SLICES_PER_THREAD} slices a thread`, "job", JOBS, () => ({
    run({ peaks, threads }) {
      for (let job = 0; job < JOBS; job++) peaks.nothing(SLICES_PER_THREAD * threads);
    },
  })),
];

/** The search ends after this time without a better run. */
const PATIENCE_MS = 30;

/**
 * Peak floating-point operations a second of multiply-adds on registers, measured in some tens of
 * milliseconds.
 */
export async function multiplyAddPeak(simd: Simd, threads: number): Promise<number> {
  const { peaks, runtime } = new Operations(simd, threads);
  return runtime.exclusively(async () => {
    let least = Number.POSITIVE_INFINITY;
    for (let found = performance.now(); performance.now() - found < PATIENCE_MS; ) {
      const start = performance.now();
      peaks.multiplyAdds(ITEMS);
      const end = performance.now();
      if (end - start < 0.98 * least) found = end;
      least = Math.min(least, end - start);
      await runtime.pause(undefined);
    }
    return (ITEMS * ITEM_FLOPS * 1000) / least;
  });
}
