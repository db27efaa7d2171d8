/** `gpt bench kernels`: the rate of each kernel, and its share of the machine's peak. */
import { readBaseline, sinceBaseline } from "../../../bench/baseline.ts";
import { kernelsNamed } from "../../../bench/kernels.ts";
import { type KernelResult, measureKernels } from "../../../bench/measure-kernels.ts";
import { Operations } from "../../../bench/operations.ts";
import { chooseThreads } from "../../../compute/choose-threads.ts";
import { buildsFor } from "../../../compute/kernels/kernels.ts";
import { GptError } from "../../../errors.ts";
import { someFailedStatus } from "../../exit-codes.ts";
import { counted } from "../../terminal/format.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import type { BenchArguments } from "./flags.ts";
import type { BenchReport } from "./formats.ts";
import { kernelReport, percent } from "./kernel-report.ts";

const ROUNDS = 5;

/** @throws GptError for errors of the command line and the baseline; the signal's reason */
export async function measureAllKernels(args: BenchArguments, signal: AbortSignal): Promise<BenchReport> {
  const kernels = kernelsNamed(args.names ?? []);
  const baseline = args.baseline === undefined ? undefined : await readBaseline(args.baseline);
  const variants = buildsFor(args.simd ?? "auto").flatMap((simd) =>
    threadsOf(args).map((threads) => new Operations(simd, threads)),
  );
  const products = Object.fromEntries(variants.map(({ simd, runtime }) => [simd, runtime.products]));
  using spinner = startSpinner("warming up", args.quiet);
  const rounds = args.repetitions ?? ROUNDS;
  const results: KernelResult[] = [];
  for await (const result of measureKernels(kernels, { variants, rounds, signal })) {
    results.push(result);
    spinner.say(`${result.kernel}: ${results.length} of ${kernels.length} kernels`);
  }
  spinner.stop();
  if (baseline === undefined) return kernelReport(results, products);
  const compared = sinceBaseline(baseline, results);
  judge(compared, args);
  return kernelReport(compared, products);
}

/** One thread, and as many as there are. */
function threadsOf({ threads }: BenchArguments): readonly number[] {
  return threads?.map(chooseThreads) ?? [...new Set([1, chooseThreads(undefined)])];
}

/**
 * Says which kernels fell behind and sets the exit status.
 *
 * @throws GptError `usage` if the baseline has none of the measured kernels
 */
function judge(
  results: readonly KernelResult[],
  { baseline, failOver = Number.POSITIVE_INFINITY }: BenchArguments,
): void {
  const changes = results.flatMap(({ kernel, measurements }) =>
    measurements.flatMap(({ build, threads, change }) =>
      change === undefined ? [] : [{ change, name: `${kernel} ${build} on ${counted(threads, "thread")}` }],
    ),
  );
  if (changes.length === 0) {
    const expected = "expected a baseline of these kernels, builds and threads";
    throw new GptError("usage", `${baseline}: ${expected}, found none of them`);
  }
  const behind = changes.filter(({ change }) => change < -failOver);
  if (behind.length === 0) return;
  const each = behind.map(({ name, change }) => `${name} ${percent(change)}`);
  process.stderr.write(`behind the baseline: ${each.join(", ")}\n`);
  process.exitCode = someFailedStatus;
}
