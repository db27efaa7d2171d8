/** A spinner for work that is mostly quick: it starts once a person would begin to wonder. */
import { type Spinner, startSpinner } from "../../../terminal/spinner.ts";
import type { ColorWish } from "../../../terminal/style.ts";

const PATIENCE_MS = 300;

export function startSlowSpinner(text: string, quiet?: boolean, color?: ColorWish): Spinner {
  let spinner: Spinner | undefined;
  const timer = setTimeout(() => {
    spinner = startSpinner(text, quiet, color);
  }, PATIENCE_MS);
  const stop = () => {
    clearTimeout(timer);
    spinner?.stop();
  };
  return { say: (text) => spinner?.say(text), stop, [Symbol.dispose]: stop };
}
