/** Inputs from the lines of a stream. */
import { addAbortSignal, type Readable } from "node:stream";
import { type Line, lineText, splitLines } from "../../../../files/lines.ts";
import { goesOn, joinLines } from "./lines.ts";

export class InputLines implements Disposable {
  readonly #stream: Readable;
  readonly #signal: AbortSignal;
  readonly #lines: AsyncGenerator<Line, void, void>;
  #count = 0;

  /** @param signal ends the reading */
  constructor(stream: Readable, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    this.#lines = splitLines(addAbortSignal(signal, stream));
  }

  /** Lines read so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * The next input; undefined at the end of the stream, and once the signal is aborted.
   *
   * @param prompt is called before each line
   * @throws GptError `invalid-file` for a line that is no text; the next one can be read
   */
  async read(prompt: (isFirst: boolean) => void = () => {}): Promise<string | undefined> {
    const lines: string[] = [];
    try {
      for (;;) {
        prompt(lines.length === 0);
        const line = await this.#next();
        if (line !== undefined) lines.push(line);
        if (line === undefined || !goesOn(line)) return lines.length > 0 ? joinLines(lines) : undefined;
      }
    } catch (error) {
      if (this.#signal.aborted) return undefined;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#stream.destroy();
  }

  async #next(): Promise<string | undefined> {
    const step = await this.#lines.next();
    if (step.done) return undefined;
    this.#count++;
    return lineText(step.value);
  }
}
