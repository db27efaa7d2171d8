/**
 * SentencePiece's normalizer (Kudo and Richardson 2018): rules, spaces, and the tokens that the user defines.
 */

import { grown, longestOf, type Rewrite } from "../rewrite.ts";
import type { PrefixIndex } from "../unigram/prefix-index.ts";
import type { CharsMap } from "./charsmap.ts";

export const SPACE_MARK = "▁";

export interface NormalizerOptions {
  readonly map: CharsMap | undefined;
  /** Put a space before the text, or behind it if spaces are suffixes of words. */
  readonly addDummyPrefix: boolean;
  readonly spaceIsSuffix: boolean;
  /** Drop spaces at both ends, and make one of several. */
  readonly removeExtraSpaces: boolean;
  /** Spell spaces as U+2581. */
  readonly markSpaces: boolean;
  /** Tokens that are copied as they are. */
  readonly userDefined: PrefixIndex | undefined;
}

export function sentencePieceNormalizer(options: NormalizerOptions): Rewrite {
  const { addDummyPrefix, spaceIsSuffix, removeExtraSpaces, markSpaces } = options;
  const space = markSpaces ? SPACE_MARK : " ";
  return (text) => {
    const longest = longestOf(text);
    const rules = new Rules(text, options);
    const parts: string[] = [];
    let length = 0;
    let afterSpace = removeExtraSpaces;
    for (let part = rules.next(); part !== undefined; part = rules.next()) {
      const kept = afterSpace ? part.replace(/^ +/, "") : part;
      if (kept === "") continue;
      if (parts.length === 0 && addDummyPrefix && !spaceIsSuffix) parts.push(space);
      parts.push(markSpaces ? kept.replaceAll(" ", SPACE_MARK) : kept);
      length += kept.length;
      if (length > longest) throw grown(text, length);
      afterSpace = removeExtraSpaces && kept.endsWith(" ");
    }
    const whole = parts.join("");
    const normalized = removeExtraSpaces ? withoutEnd(whole, space) : whole;
    return addDummyPrefix && spaceIsSuffix && normalized !== "" ? normalized + space : normalized;
  };
}

/** Goes through a text by what one rule replaces, or one token of the user, or one character. */
class Rules {
  readonly #text: string;
  readonly #options: NormalizerOptions;
  readonly #bytes: Uint8Array;
  /** The place in the text, and in its bytes. */
  #place = 0;
  #byte = 0;

  constructor(text: string, options: NormalizerOptions) {
    this.#text = text;
    this.#options = options;
    this.#bytes = options.map === undefined ? new Uint8Array() : Buffer.from(text);
  }

  next(): string | undefined {
    const { map, userDefined } = this.#options;
    const start = this.#place;
    if (start >= this.#text.length) return undefined;
    const token = userDefined?.longest(this.#text, start) ?? 0;
    if (token > 0) return this.#take(token);
    const rule = map?.find(this.#bytes, this.#byte, this.#bytes.length, "longest");
    if (rule === undefined) return this.#take((this.#text.codePointAt(start) as number) > 0xffff ? 2 : 1);
    for (const end = this.#byte + rule.length; this.#byte < end; ) this.#skipCharacter();
    return rule.replacement;
  }

  /** Copies a part of the text. */
  #take(length: number): string {
    const start = this.#place;
    while (this.#place < start + length) this.#skipCharacter();
    return this.#text.slice(start, this.#place);
  }

  #skipCharacter(): void {
    const code = this.#text.codePointAt(this.#place) as number;
    this.#place += code > 0xffff ? 2 : 1;
    this.#byte += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
}

/** The text without all of a character at its end. */
function withoutEnd(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text.endsWith(character, end)) end -= character.length;
  return text.slice(0, end);
}
