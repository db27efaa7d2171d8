/** A person at a terminal: readline edits the lines, and remembers them until the end of the REPL. */
import { createInterface, type Interface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadStream, WriteStream } from "node:tty";
import type { GptError } from "../../../../errors.ts";
import { printable } from "../../../terminal/output.ts";
import type { Style } from "../../../terminal/style.ts";
import { Keyboard } from "./keyboard.ts";
import { goesOn, joinLines, prompts } from "./lines.ts";
import type { Keystroke } from "./paste.ts";
import type { ReplInput } from "./repl-input.ts";

/** Stands for a line feed in a pasted text, which is edited as one line. */
const LINE_FEED_SIGN = "\u240a";

/** As terminals and editors send them. */
const LINE_END = /\r\n?|[\u2028\u2029]/g;

const HISTORY_SIZE = 1000;

const END_OF_LINE = { ctrl: true, name: "e" };
const DELETE_TO_START = { ctrl: true, name: "u" };

/** The possible ends of a line, and the part of the line that each of them replaces. */
export type Completer = (line: string) => [completions: string[], part: string];

export class LineEditor implements ReplInput {
  readonly #screen: WriteStream;
  readonly #style: Style;
  readonly #keyboard: Keyboard;
  /** The input of readline. */
  readonly #keys = new Readable({ read() {} });
  readonly #readline: Interface;
  /** Colour codes before and after typed text. */
  readonly #typed: readonly [begin: string, end: string];
  /** Lines that the next one continues. */
  #lines: string[] = [];
  /** Ends the reading; undefined while no input is read. */
  #finish: ((input: string | undefined) => void) | undefined;
  #interrupt = () => {};

  constructor(stdin: ReadStream, screen: WriteStream, style: Style, completer: Completer) {
    this.#screen = screen;
    this.#style = style;
    const [begin = "", end = ""] = style.green("|").split("|");
    this.#typed = [begin, end];
    this.#readline = createInterface({
      input: this.#keys,
      output: screen,
      terminal: true,
      completer,
      historySize: HISTORY_SIZE,
      removeHistoryDuplicates: true,
      crlfDelay: Number.POSITIVE_INFINITY,
    });
    this.#keyboard = new Keyboard(stdin, screen, {
      interrupt: () => this.#interrupt(),
      resume: () => this.#redraw(),
    });
    this.#readline
      .on("line", (line) => this.#take(line))
      .on("close", () => this.#leave())
      .on("SIGINT", () => this.#startAgain())
      .on("SIGTSTP", () => this.#keyboard.suspend());
  }

  read(signal: AbortSignal): Promise<string | undefined> {
    return new Promise((resolve) => {
      const leave = () => this.#leave();
      this.#finish = (input) => {
        this.#finish = undefined;
        this.#keyboard.read(undefined);
        signal.removeEventListener("abort", leave);
        resolve(input);
      };
      signal.addEventListener("abort", leave);
      this.#startPrompt(prompts.first);
      this.#keyboard.read((stroke) => this.#press(stroke));
      if (signal.aborted) leave();
    });
  }

  async runInterruptibly<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#interrupt = () => controller.abort();
    try {
      return await work(AbortSignal.any([signal, controller.signal]));
    } finally {
      this.#interrupt = () => {};
    }
  }

  show(text: string): void {
    this.#screen.write(`${prompts.first}${this.#style.green(printable(text))}\n`);
  }

  hint(text: string): void {
    this.#screen.write(`${this.#style.dim(text)}\n`);
  }

  refuse({ message }: GptError): void {
    this.#screen.write(`${this.#style.red(printable(message))}\n`);
  }

  [Symbol.dispose](): void {
    this.#keyboard[Symbol.dispose]();
    this.#readline.close();
  }

  #startPrompt(prompt: string): void {
    const [begin] = this.#typed;
    this.#readline.setPrompt(prompt + begin);
    this.#readline.prompt();
  }

  /** After this the screen is at the start of a line. */
  #endPrompt(lineEnd = "\n"): void {
    const [, end] = this.#typed;
    this.#screen.write(end + lineEnd);
  }

  #press({ text, pasted }: Keystroke): void {
    if (pasted)
      this.#readline.write(printable(text.replace(LINE_END, "\n")).replaceAll("\n", LINE_FEED_SIGN));
    else this.#keys.push(text);
  }

  #take(line: string): void {
    this.#endPrompt("");
    this.#lines.push(line.replaceAll(LINE_FEED_SIGN, "\n"));
    if (goesOn(line)) {
      this.#startPrompt(prompts.next);
    } else {
      const input = joinLines(this.#lines);
      this.#lines = [];
      this.#finish?.(input);
    }
  }

  /** Ctrl-C: clears the input; if it is empty, says how to leave. */
  #startAgain(): void {
    const isEmpty = this.#readline.line === "" && this.#lines.length === 0;
    this.#readline.write(null, END_OF_LINE);
    this.#readline.write(null, DELETE_TO_START);
    this.#lines = [];
    if (isEmpty) {
      this.#endPrompt();
      this.hint("Ctrl-D or /exit leaves");
    }
    this.#startPrompt(prompts.first);
  }

  /** Ctrl-D, or the end of the process. */
  #leave(): void {
    if (this.#finish === undefined) return;
    this.#endPrompt();
    this.#finish(undefined);
  }

  #redraw(): void {
    if (this.#finish !== undefined) this.#readline.prompt(true);
  }
}
