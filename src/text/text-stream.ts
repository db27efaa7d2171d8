/**
 * Generated ids -> tokens with their text, as soon as that text is certain: it is whole characters, and no
 * part of it can turn out to belong to a stop text. Every id comes out once and in order; the texts add up to
 * the whole text.
 */
import type { GeneratedId } from "../generate/generation.ts";
import type { GeneratedToken } from "../generate/options/options.ts";
import type { StreamDecoder } from "../tokenizer/tokenizer.ts";
import type { TextCursor } from "./cursor/text-cursor.ts";

/** Tokens whose text comes out together: one, or several that share a character. */
interface Piece {
  readonly tokens: GeneratedId[];
  text: string;
  /** Bytes of all its tokens. */
  bytes: number;
}

export class TextStream {
  /** Before the first token. */
  readonly cursor: TextCursor;
  readonly #decoder: StreamDecoder;
  #cursor: TextCursor;
  /** Pieces that are not certain yet. The last one grows while its character is unfinished. */
  #held: Piece[] = [];

  /** @param decoder continues the prompt */
  constructor(decoder: StreamDecoder, cursor: TextCursor) {
    this.#decoder = decoder;
    this.cursor = cursor;
    this.#cursor = cursor;
  }

  /** The stop text that ended the text. */
  get stop(): string | undefined {
    return this.#cursor.found?.text;
  }

  /**
   * Takes the next token and returns the tokens that are certain now. A stop text makes all of them certain;
   * it is left out, with everything after it.
   *
   * @param token which the rules of the text allow
   */
  push(token: GeneratedId): GeneratedToken[] {
    this.#cursor = this.#cursor.after(token.id) ?? this.#cursor;
    const { found, tokenBytes, doubtfulBytes } = this.#cursor;
    const open = this.#decoder.unfinished ? this.#held.at(-1) : undefined;
    const piece = open ?? { tokens: [], text: "", bytes: 0 };
    if (open === undefined) this.#held.push(piece);
    piece.tokens.push(token);
    piece.text += this.#decoder.push(token.id);
    piece.bytes += tokenBytes;
    if (found === undefined) return this.#release(this.#certain(doubtfulBytes));
    this.#cut(found.excess);
    return this.#release(this.#held.length);
  }

  /** Returns the tokens that are still held: no id follows. */
  finish(): GeneratedToken[] {
    const last = this.#held.at(-1);
    if (last !== undefined) last.text += this.#decoder.flush();
    return this.#release(this.#held.length);
  }

  /** Takes UTF-16 units off the end of the text. */
  #cut(units: number): void {
    let left = units;
    for (const piece of this.#held.toReversed()) {
      const kept = Math.max(0, piece.text.length - left);
      left -= piece.text.length - kept;
      piece.text = piece.text.slice(0, kept);
    }
  }

  /** How many of the held pieces lie before the doubtful bytes. */
  #certain(doubtfulBytes: number): number {
    let count = this.#held.length;
    let doubtful = doubtfulBytes;
    while (doubtful > 0) doubtful -= this.#held[--count]?.bytes ?? doubtful;
    return this.#decoder.unfinished ? Math.min(count, this.#held.length - 1) : count;
  }

  #release(count: number): GeneratedToken[] {
    const released = this.#held.splice(0, count);
    return released.flatMap(({ tokens, text }) =>
      tokens.map((token, i) => ({ ...token, text: i + 1 < tokens.length ? "" : text })),
    );
  }
}
