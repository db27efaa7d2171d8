/**
 * Runs one case of a fuzz test: whatever is not success or an error for people is a failure that names the
 * seed.
 */
import { afterAll } from "vitest";
import { Runtime } from "../../src/compute/runtime.ts";
import { GptError } from "../../src/errors.ts";
import { Watchdog } from "./watchdog.ts";

/** Of the processor, which others may keep busy. A regular expression of a file is stopped after a second. */
const SLOW_MS = 3000;
/** The runtime keeps its scratch memory. */
const SCRATCH_BYTES = 64 << 20;
/** What garbage and its collector may leave at the end of a case. */
const GROWTH_BYTES = 512 << 20;
const MAX_MESSAGE = 600;

/** Call it outside of tests. Returns how to run a case: `what` describes it, `use` loads what was damaged. */
export function attempts(): (seed: number, what: string, use: () => Promise<void>) => Promise<Outcome> {
  const watchdog = new Watchdog();
  const { memory } = Runtime.get("plain");
  const before = { kernels: memory.allocated, process: process.memoryUsage().rss };
  afterAll(() => watchdog.close());

  return async (seed, what, use) => {
    watchdog.watch(seed);
    const start = process.cpuUsage();
    const thrown = await use().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const { user, system } = process.cpuUsage(start);
    const elapsed = (user + system) / 1000;
    watchdog.watch(undefined);
    const left = memory.allocated - before.kernels;
    const growth = process.memoryUsage.rss() - before.process;
    const problems = [
      thrown && problemOf(thrown.error),
      elapsed > SLOW_MS && `took ${Math.round(elapsed)} ms`,
      left > SCRATCH_BYTES && `left ${left} bytes of the kernels' memory allocated`,
      growth > GROWTH_BYTES && `made the process grow by ${growth} bytes`,
    ];
    const problem = problems.find((found) => typeof found === "string");
    if (problem) throw new Error(`seed ${seed}, ${what}: ${problem}`, { cause: thrown?.error });
    return thrown === undefined ? "loaded" : "refused";
  };
}

export type Outcome = "loaded" | "refused";

/** What is wrong with an error; undefined for one printable line of a sane length. */
function problemOf(error: unknown): string | undefined {
  if (!(error instanceof GptError)) return String(error);
  if (/[^ -~\u00a0-\u{10ffff}]/u.test(error.message)) return `not one line: ${JSON.stringify(error.message)}`;
  return error.message.length > MAX_MESSAGE ? `a long message: ${error.message}` : undefined;
}
