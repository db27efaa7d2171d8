/**
 * Texts to find in a text under way: stop texts, or bans. The search reads bytes, because a token may end
 * inside a character, and no UTF-8 text occurs in the middle of another one's characters.
 *
 * A control token has no bytes in the text. A pattern without the name of a control token skips control
 * tokens. A pattern with such a name is searched in two ways: as plain bytes, and with each name as one
 * symbol that only the control token matches. transformers' StopStringCriteria would also find a part of a
 * name.
 */
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { PatternMatcher } from "./pattern-matcher.ts";

/** Symbols below are bytes; `CONTROL + id` is a control token. */
const CONTROL = 256;

/**
 * The name of a control token is searched in the first characters of a pattern, and has no more characters
 * than this.
 */
const LONGEST_PATTERN = 4096;
const LONGEST_NAME = 256;

/** The states of both searches in one number. */
export type PatternState = number;

export interface Pattern {
  /** As the caller gave it. */
  readonly text: string;
  /** UTF-16 units that it adds to the text: all but the names of control tokens. */
  readonly length: number;
}

export class TextPatterns {
  readonly #plain: readonly Pattern[];
  readonly #named: readonly Pattern[];
  /** Over bytes. */
  readonly #bytes: PatternMatcher;
  /** Over bytes and control tokens. */
  readonly #symbols: PatternMatcher;

  /** @param texts none of them empty; the list may be empty */
  constructor(texts: readonly string[], tokenizer: Pick<Tokenizer, "controlTokenId">) {
    const parsed = texts.map((text) => ({ text, ...parse(text, tokenizer) }));
    const named = parsed.filter(({ symbols }) => symbols.some((symbol) => symbol >= CONTROL));
    this.#plain = texts.map((text) => ({ text, length: text.length }));
    this.#named = named.map(({ text, length }) => ({ text, length }));
    this.#bytes = new PatternMatcher(texts.map((text) => Buffer.from(text)));
    this.#symbols = new PatternMatcher(
      named.map(({ symbols }) => symbols),
      (symbol) => (symbol < CONTROL ? 1 : 0),
    );
  }

  nextByte(state: PatternState, byte: number): PatternState {
    if (this.#named.length === 0) return this.#bytes.next(state, byte);
    const { size } = this.#bytes;
    return this.#bytes.next(state % size, byte) + size * this.#symbols.next(Math.floor(state / size), byte);
  }

  nextControlToken(state: PatternState, id: number): PatternState {
    const { size } = this.#bytes;
    return (state % size) + size * this.#symbols.next(Math.floor(state / size), CONTROL + id);
  }

  /** Whether there is nothing to find. */
  get isEmpty(): boolean {
    return this.#plain.length === 0;
  }

  /** Bytes at the end of the text that may be the beginning of a pattern. */
  depth(state: PatternState): number {
    const { size } = this.#bytes;
    return Math.max(this.#bytes.depth(state % size), this.#symbols.depth(Math.floor(state / size)));
  }

  /** The longest pattern that the last symbol completed. */
  matched(state: PatternState): Pattern | undefined {
    if (this.#named.length === 0) return this.#plain[this.#bytes.matched(state) ?? -1];
    const { size } = this.#bytes;
    const plain = this.#plain[this.#bytes.matched(state % size) ?? -1];
    const named = this.#named[this.#symbols.matched(Math.floor(state / size)) ?? -1];
    return plain !== undefined && plain.length >= (named?.length ?? 0) ? plain : named;
  }
}

/** A text as bytes and control tokens, and its length without the names. */
function parse(text: string, tokenizer: Pick<Tokenizer, "controlTokenId">) {
  const symbols: number[] = [];
  let length = 0;
  let begin = 0;
  const addText = (end: number) => {
    for (const byte of Buffer.from(text.slice(begin, end))) symbols.push(byte);
    length += end - begin;
  };
  for (let at = 0; at < Math.min(text.length, LONGEST_PATTERN); ) {
    const [id, end] = controlTokenAt(text, at, tokenizer);
    if (id === undefined) {
      at++;
      continue;
    }
    addText(at);
    symbols.push(CONTROL + id);
    at = end;
    begin = end;
  }
  addText(text.length);
  return { symbols, length };
}

/** The control token with the longest name at a place, and where the name ends. */
function controlTokenAt(
  text: string,
  at: number,
  tokenizer: Pick<Tokenizer, "controlTokenId">,
): readonly [id: number | undefined, end: number] {
  for (let end = Math.min(text.length, at + LONGEST_NAME); end > at; end--) {
    const id = tokenizer.controlTokenId(text.slice(at, end));
    if (id !== undefined) return [id, end];
  }
  return [undefined, at];
}
