/**
 * A person at a terminal that cannot move its cursor (TERM=dumb), such as an editor's shell, which edits the
 * lines.
 */
import type { ReadStream, WriteStream } from "node:tty";
import type { GptError } from "../../../../errors.ts";
import { printable } from "../../../terminal/output.ts";
import { InputLines } from "./input-lines.ts";
import { prompts } from "./lines.ts";
import type { ReplInput } from "./repl-input.ts";

export class DumbTerminal implements ReplInput {
  readonly #screen: WriteStream;
  readonly #inputs: InputLines;

  /** @param signal ends the reading */
  constructor(stdin: ReadStream, screen: WriteStream, signal: AbortSignal) {
    this.#screen = screen;
    this.#inputs = new InputLines(stdin, signal);
  }

  async read(): Promise<string | undefined> {
    const input = await this.#inputs.read((isFirst) => {
      this.#screen.write(isFirst ? prompts.first : prompts.next);
    });
    if (input === undefined) this.#screen.write("\n");
    return input;
  }

  /** Ctrl-C is a signal on such a terminal. */
  async runInterruptibly<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const stop = () => controller.abort();
    const others = process.listeners("SIGINT");
    process.on("SIGINT", stop);
    for (const other of others) process.off("SIGINT", other);
    try {
      return await work(AbortSignal.any([signal, controller.signal]));
    } finally {
      for (const other of others) process.on("SIGINT", other);
      process.off("SIGINT", stop);
    }
  }

  show(text: string): void {
    this.#screen.write(`${prompts.first}${printable(text)}\n`);
  }

  hint(text: string): void {
    this.#screen.write(`${text}\n`);
  }

  refuse({ message }: GptError): void {
    this.#screen.write(`${printable(message)}\n`);
  }

  [Symbol.dispose](): void {
    this.#inputs[Symbol.dispose]();
  }
}
