/** A sign of life on standard error while a model loads: only on a terminal, gone before the first token. */

export interface Spinner extends Disposable {
  say(text: string): void;
  /** Removes it and shows the cursor again. Calls after the first do nothing. */
  stop(): void;
}

const silent: Spinner = { say: () => {}, stop: () => {}, [Symbol.dispose]: () => {} };

export async function startSpinner(text: string, quiet = false): Promise<Spinner> {
  const { isTTY, columns } = process.stderr;
  if (quiet || !isTTY || columns === 0) return silent; // ora never ends a line that is 0 wide
  const { default: ora } = await import("ora");
  const color = process.stderr.hasColors() ? "cyan" : false;
  const spinner = ora({ text, color, discardStdin: false });
  if (!spinner.isEnabled) return silent; // a dumb terminal, or one that only a log sees
  spinner.start();
  const stop = () => {
    if (spinner.isSpinning) spinner.stop(); // ora clears the line each time
  };
  return {
    say: (next) => {
      spinner.text = next;
    },
    stop,
    [Symbol.dispose]: stop,
  };
}
