/**
 * Ctrl-C: the first one asks the work to stop and keeps what there is, the second one ends the process at
 * once. A terminal that closes asks too; that the shell and the system each tell of it hurries nothing.
 * Schedulers warn with SIGTERM or SIGUSR1 before they kill: work on many items finishes those at hand.
 */
import { setImmediate } from "node:timers/promises";

type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGUSR1";

/** Signals of schedulers, which leave some time. */
const WARNINGS: readonly StopSignal[] = ["SIGTERM", "SIGUSR1"];

/** The work was stopped by a signal, after whatever it had to say was written. */
export class Interrupted extends Error {
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/**
 * Runs `work` with a signal that is aborted by the first SIGINT, SIGTERM, SIGHUP or SIGUSR1.
 *
 * @throws Interrupted once the work has ended, well or not, after such a signal
 */
export const interruptible = (work: (signal: AbortSignal) => Promise<void>): Promise<void> =>
  withSignals((stopping, warned) => work(AbortSignal.any([stopping, warned])));

/**
 * As `interruptible`, for work on many items.
 *
 * @param work after SIGTERM or SIGUSR1 only `warned` is aborted: what has begun is finished, nothing more begins
 */
export const drainable = (work: (signal: AbortSignal, warned: AbortSignal) => Promise<void>): Promise<void> =>
  withSignals(work);

async function withSignals(
  work: (stopping: AbortSignal, warned: AbortSignal) => Promise<void>,
): Promise<void> {
  const [stopping, warned] = [new AbortController(), new AbortController()];
  let received: StopSignal | undefined;
  const stop = (signal: StopSignal) => {
    received ??= signal;
    (WARNINGS.includes(signal) ? warned : stopping).abort();
    // A second signal meets the system's own handler. Not before all have heard the first: ora's listener,
    // which restores the cursor, ends the process where it is the only one.
    if (signal !== "SIGHUP") queueMicrotask(release);
  };
  const release = () => process.off("SIGINT", stop).off("SIGTERM", stop);
  process.on("SIGINT", stop).on("SIGTERM", stop).on("SIGHUP", stop).on("SIGUSR1", stop);
  try {
    await work(stopping.signal, warned.signal);
  } catch (error) {
    await setImmediate(); // the signal that took our reader may still be on its way to us
    if (received === undefined) throw error;
  } finally {
    release().off("SIGHUP", stop).off("SIGUSR1", stop);
  }
  if (received !== undefined) throw new Interrupted(received);
}
