/**
 * Generated ids -> tokens with their text, as soon as that text is certain: it is whole characters, and no part of it
 * can turn out to belong to a stop text. Every id comes out once and in order; the texts add up to the whole text.
 */
import type { GeneratedId } from "../generate/generation.ts";
import type { GeneratedToken } from "../generate/options/options.ts";
import type { StreamDecoder } from "../tokenizer/tokenizer.ts";
import { PatternMatcher } from "./pattern-matcher.ts";

/** Tokens whose text came out together: one, or several that share a character. */
interface Piece {
  readonly tokens: GeneratedId[];
  text: string;
}

export class TextStream {
  readonly #decoder: StreamDecoder;
  readonly #stops: PatternMatcher;
  #state = 0;
  #stopped = false;
  /** Pieces that are not certain yet. The last one grows while its character is unfinished. */
  #held: Piece[] = [];

  /**
   * @param decoder continues the prompt
   * @param stops texts that end the text and are left out of it. The one that is complete first counts; of several
   *   that end with the same character, the longest
   */
  constructor(decoder: StreamDecoder, stops: readonly string[]) {
    this.#decoder = decoder;
    this.#stops = new PatternMatcher(stops.map(codeUnits));
  }

  /** Whether a stop text was found: nothing more belongs to the text. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Takes the next one and returns the tokens that are certain now: all of them once a stop text is complete. */
  push(token: GeneratedId): GeneratedToken[] {
    const open = this.#decoder.unfinished ? this.#held.at(-1) : undefined;
    const piece = open ?? { tokens: [], text: "" };
    if (open === undefined) this.#held.push(piece);
    piece.tokens.push(token);
    this.#read(piece, this.#decoder.push(token.id));
    return this.#release(this.#stopped ? this.#held.length : this.#certain());
  }

  /** Returns the tokens that are still held: no id follows. */
  finish(): GeneratedToken[] {
    const last = this.#held.at(-1);
    if (last !== undefined) this.#read(last, this.#decoder.flush());
    return this.#release(this.#held.length);
  }

  #read(piece: Piece, text: string): void {
    piece.text += text;
    for (let i = 0; i < text.length; i++) {
      this.#state = this.#stops.next(this.#state, text.charCodeAt(i));
      const matched = this.#stops.matched(this.#state);
      if (matched === 0) continue;
      this.#stop(text.length - (i + 1) + matched);
      return;
    }
  }

  /** Takes the stop text and what follows it off the end: this many UTF-16 units. */
  #stop(excess: number): void {
    this.#stopped = true;
    let left = excess;
    for (const piece of this.#held.toReversed()) {
      const kept = Math.max(0, piece.text.length - left);
      left -= piece.text.length - kept;
      piece.text = piece.text.slice(0, kept);
    }
  }

  /** How many of the held pieces lie before anything that may be the beginning of a stop text. */
  #certain(): number {
    let count = this.#held.length;
    let doubtful = this.#stops.depth(this.#state);
    while (doubtful > 0) doubtful -= this.#held[--count]?.text.length ?? doubtful;
    return this.#decoder.unfinished ? Math.min(count, this.#held.length - 1) : count;
  }

  #release(count: number): GeneratedToken[] {
    const released = this.#held.splice(0, count);
    return released.flatMap(({ tokens, text }) =>
      tokens.map((token, i) => ({ ...token, text: i + 1 < tokens.length ? "" : text })),
    );
  }
}

const codeUnits = (text: string): number[] =>
  Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
