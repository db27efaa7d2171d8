/** The symbols that BPE starts from: the characters of a piece as tokens. */

import { placeAfter } from "../pattern/search.ts";
import { PrefixIndex } from "../unigram/prefix-index.ts";
import type { Vocabulary } from "./vocabulary.ts";

export type Symbols = (spelled: string) => number[];

export interface SymbolOptions {
  /** Appended to the last character of a piece: `</w>` in GPT-1. */
  readonly endOfWord?: string;
  /** The tokens of the 256 bytes, for characters that are not in the vocabulary. */
  readonly byteTokens?: readonly (number | undefined)[] | undefined;
  /** The token for all other characters. Without it they are left out. */
  readonly unknown?: number | undefined;
  /** Neighbouring unknown characters become one token. Default false. */
  readonly fuseUnknown?: boolean;
  /** Tokens that are no merges of characters, but found in the text: the longest at a place. */
  readonly whole?: ReadonlyMap<string, number>;
}

const utf8 = new TextEncoder();

/** As the `BPE` model of Hugging Face's tokenizers does it. */
export function characterSymbols(vocabulary: Vocabulary, options: SymbolOptions): Symbols {
  const { endOfWord = "", byteTokens = [], unknown, fuseUnknown = false } = options;

  const bytesOf = (character: string): number[] | undefined => {
    const ids: number[] = [];
    for (const byte of utf8.encode(character)) {
      const id = byteTokens[byte];
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
  };

  const whole = options.whole === undefined || options.whole.size === 0 ? undefined : options.whole;
  const wholeIndex = whole && new PrefixIndex(whole);

  return (spelled) => {
    const symbols: number[] = [];
    let afterUnknown = false;
    for (let start = 0, end = 0; start < spelled.length; start = end) {
      end = start + (wholeIndex?.longest(spelled, start) ?? 0);
      const wholeId = end === start ? undefined : whole?.get(spelled.slice(start, end));
      if (end === start) end = placeAfter(spelled, start);
      const character = spelled.slice(start, end);
      const symbol = end === spelled.length ? character + endOfWord : character;
      const id = wholeId ?? vocabulary.ids.get(symbol);
      const ids = id === undefined ? bytesOf(symbol) : [id];
      if (ids !== undefined) symbols.push(...ids);
      else if (unknown !== undefined && !(fuseUnknown && afterUnknown)) symbols.push(unknown);
      afterUnknown = ids === undefined;
    }
    return symbols;
  };
}
