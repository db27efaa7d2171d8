/** Inputs that come from a pipe or a file, line by line. The first one that is refused ends the conversation. */
import { addAbortSignal, type Readable } from "node:stream";
import { GptError } from "../../errors.ts";
import { type Line, lineText, splitLines } from "../../files/lines.ts";
import { naming } from "../arguments/flags.ts";
import { goesOn, joinLines } from "./lines.ts";
import type { Typist } from "./typist.ts";

export class Script implements Typist {
  readonly #stream: Readable;
  readonly #lines: AsyncGenerator<Line, void, void>;
  /** Lines read. */
  #count = 0;

  /** @param signal ends the reading */
  constructor(stream: Readable, signal: AbortSignal) {
    this.#stream = stream;
    this.#lines = splitLines(addAbortSignal(signal, stream));
  }

  async read(signal: AbortSignal): Promise<string | undefined> {
    const lines: string[] = [];
    try {
      for (;;) {
        const line = await this.#next();
        if (line !== undefined) lines.push(line);
        if (line === undefined || !goesOn(line)) return lines.length > 0 ? joinLines(lines) : undefined;
      }
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  attend<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return work(signal);
  }

  show(): void {}

  hint(): void {}

  refuse({ code, message }: GptError): never {
    throw new GptError(code, `${this.#place}: ${message}`);
  }

  [Symbol.dispose](): void {
    this.#stream.destroy();
  }

  get #place(): string {
    return `line ${this.#count} of the input`;
  }

  async #next(): Promise<string | undefined> {
    const step = await this.#lines.next();
    if (step.done) return undefined;
    this.#count++;
    return naming(this.#place, lineText)(step.value);
  }
}
