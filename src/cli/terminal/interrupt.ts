/**
 * Ctrl-C: the first one asks the work to stop and keeps what there is, the second one ends the process at
 * once. A terminal that closes asks too; that the shell and the system each tell of it hurries nothing.
 */
import { setImmediate } from "node:timers/promises";

type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The work was stopped by a signal, after whatever it had to say was written. */
export class Interrupted extends Error {
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/**
 * Runs `work` with a signal that is aborted by the first SIGINT, SIGTERM or SIGHUP.
 *
 * @throws Interrupted once the work has ended, well or not, after such a signal
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  let received: StopSignal | undefined;
  const stop = (signal: StopSignal) => {
    received ??= signal;
    controller.abort();
    // A second signal meets the system's own handler. Not before all have heard the first: ora's listener,
    // which restores the cursor, ends the process where it is the only one.
    if (signal !== "SIGHUP") queueMicrotask(release);
  };
  const release = () => process.off("SIGINT", stop).off("SIGTERM", stop);
  process.on("SIGINT", stop).on("SIGTERM", stop).on("SIGHUP", stop);
  try {
    await work(controller.signal);
  } catch (error) {
    await setImmediate(); // the signal that took our reader may still be on its way to us
    if (received === undefined) throw error;
  } finally {
    release().off("SIGHUP", stop);
  }
  if (received !== undefined) throw new Interrupted(received);
}
