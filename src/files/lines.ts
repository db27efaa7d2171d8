/**
 * Splits a stream of bytes into lines. Memory stays constant: one line is held at a time, and lines have a
 * limit.
 */
import { GptError } from "../errors.ts";
import { decodeText } from "./utf8.ts";

/** Bytes of a line with its end: more than any context holds. */
const MAX_LINE_SIZE = 16 * 2 ** 20;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from("\ufeff");

export interface Line {
  /** Content without its end (LF or CRLF). Undefined for a line beyond the limit. */
  readonly bytes: Buffer | undefined;
  /** Bytes in the stream, with its end. */
  readonly size: number;
  /** Whether the line has an end. The last line of a stream may have none. */
  readonly ended: boolean;
}

/** Yields every line. Drops a byte-order mark at the start of the stream. */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  limit = MAX_LINE_SIZE,
): AsyncGenerator<Line, void, void> {
  const gathered = new GatheredLine(limit);
  for await (const chunk of chunks) {
    let begin = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, begin)) {
      gathered.add(chunk.subarray(begin, end + 1));
      yield gathered.take(true);
      begin = end + 1;
    }
    gathered.add(chunk.subarray(begin));
  }
  if (gathered.size > 0) yield gathered.take(false);
}

/** The part of a line that has arrived so far. */
class GatheredLine {
  readonly #limit: number;
  #parts: Uint8Array[] = [];
  #size = 0;
  #isFirst = true;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  add(part: Uint8Array): void {
    this.#size += part.length;
    if (this.#size > this.#limit) this.#parts = [];
    else this.#parts.push(part);
  }

  /** Returns the line and begins the next one. */
  take(ended: boolean): Line {
    const size = this.#size;
    const bytes = size > this.#limit ? undefined : this.#content(ended);
    this.#parts = [];
    this.#size = 0;
    this.#isFirst = false;
    return { bytes, size, ended };
  }

  #content(ended: boolean): Buffer {
    const stored = Buffer.concat(this.#parts);
    const marked = this.#isFirst && stored.indexOf(BYTE_ORDER_MARK) === 0;
    let end = stored.length;
    if (ended) end -= stored[end - 2] === CARRIAGE_RETURN ? 2 : 1;
    return stored.subarray(marked ? BYTE_ORDER_MARK.length : 0, end);
  }
}

/** Number of lines that `splitLines` yields. */
export async function countLines(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let count = 0;
  let last = LINE_FEED;
  for await (const chunk of chunks) {
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) count++;
    last = chunk.at(-1) ?? last;
  }
  return last === LINE_FEED ? count : count + 1;
}

/**
 * @param name the name of the stream in an error
 * @throws GptError `invalid-file` for a line that is too long or not UTF-8
 */
export function lineText({ bytes, size }: Line, name = "the line"): string {
  if (bytes === undefined) {
    throw new GptError("invalid-file", `${name} has ${size} bytes, expected at most ${MAX_LINE_SIZE}`);
  }
  return decodeText(bytes, name);
}
