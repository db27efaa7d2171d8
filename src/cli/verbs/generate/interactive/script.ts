/**
 * Inputs from a pipe or a file. An input that is refused is reported, and the next one runs, as in a batch.
 */
import type { Readable } from "node:stream";
import type { GptError } from "../../../../errors.ts";
import { someFailedStatus } from "../../../exit-codes.ts";
import { printable } from "../../../terminal/output.ts";
import { InputLines } from "./input-lines.ts";
import type { ReplInput } from "./repl-input.ts";

export class Script implements ReplInput {
  readonly #inputs: InputLines;

  /** @param signal ends the reading */
  constructor(stream: Readable, signal: AbortSignal) {
    this.#inputs = new InputLines(stream, signal);
  }

  read(): Promise<string | undefined> {
    return this.#inputs.read();
  }

  runInterruptibly<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return work(signal);
  }

  show(): void {}

  hint(): void {}

  /** @throws the error if no line was read yet: it is about the opening, and no input can go on with that */
  refuse(error: GptError): void {
    const { count } = this.#inputs;
    if (count === 0) throw error;
    process.stderr.write(`gpt: line ${count} of the input: ${printable(error.message)}\n`);
    process.exitCode = someFailedStatus;
  }

  [Symbol.dispose](): void {
    this.#inputs[Symbol.dispose]();
  }
}
