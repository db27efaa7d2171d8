/** A spinner says how much of a long prompt is read. */
import type { Spinner } from "../../terminal/spinner.ts";

const INTERVAL_MS = 250;

/**
 * Adds the share to what the spinner says, again and again until it is stopped.
 *
 * @param share from 0 to 1
 */
export function sayShare(
  spinner: Pick<Spinner, "say">,
  text: string,
  share: () => number,
): Pick<Spinner, "stop"> & Disposable {
  const timer = setInterval(() => {
    const percentage = Math.floor(100 * share());
    if (percentage > 0) spinner.say(`${text}, ${percentage}%`);
  }, INTERVAL_MS);
  timer.unref();
  const stop = () => clearInterval(timer);
  return { stop, [Symbol.dispose]: stop };
}
