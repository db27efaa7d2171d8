/** A sign of life on standard error while a model loads: only on a terminal, gone before the first token. */
import type { Ora } from "ora";
import { type ColorWish, styleFor } from "./style.ts";

export interface Spinner extends Disposable {
  /** @param text may hold escape codes of a style. Foreign text must have gone through `printable` */
  say(text: string): void;
  /** Removes it and shows the cursor again. Calls after the first do nothing. */
  stop(): void;
}

const silent: Spinner = { say: () => {}, stop: () => {}, [Symbol.dispose]: () => {} };

/** @param color the value of --color */
export function startSpinner(text: string, quiet = false, color: ColorWish = "auto"): Spinner {
  return quiet || !isAnimated() ? silent : new AnimatedSpinner(text, color);
}

/** Whether standard error is a terminal that a person watches and that can redraw a line. */
export function isAnimated(): boolean {
  const { isTTY, columns } = process.stderr;
  const isWatched = process.env.TERM !== "dumb" && !("CI" in process.env);
  return isTTY && columns !== 0 && isWatched; // ora never ends a line that is 0 wide
}

/** Drawn by ora, which is loaded while the work goes on. */
class AnimatedSpinner implements Spinner {
  #text: string;
  #stopped = false;
  #ora: Ora | undefined;

  constructor(text: string, color: ColorWish) {
    this.#text = text;
    void this.#start(styleFor(process.stderr, color).enabled);
  }

  say(text: string): void {
    this.#text = text;
    if (this.#ora) this.#ora.text = text;
  }

  stop(): void {
    this.#stopped = true;
    process.off("SIGTSTP", this.#suspend).off("SIGCONT", this.#resume);
    if (this.#ora?.isSpinning) this.#ora.stop(); // ora clears the line each time
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  async #start(colored: boolean): Promise<void> {
    const { default: ora } = await import("ora");
    if (this.#stopped) return;
    this.#ora = ora({
      text: this.#text,
      color: colored ? "cyan" : false,
      isEnabled: true,
      discardStdin: false,
    });
    process.on("SIGTSTP", this.#suspend).on("SIGCONT", this.#resume);
    this.#ora.start();
  }

  /** Ctrl-Z: the shell gets its cursor back. */
  readonly #suspend = (): void => {
    this.#ora?.stop();
    process.kill(process.pid, "SIGSTOP");
  };

  readonly #resume = (): void => {
    this.#ora?.start();
  };
}
