/** The tokenizer of Tercom, TER's program: its Normalizer.java as sacreBLEU has it. */
import { splitPunctuation, unescaped } from "../tokenizers/mteval-13a.ts";
import { splitWords } from "../words.ts";

export interface TercomOptions {
  /** Escapes of XML become characters, and punctuation words of its own. */
  readonly normalized?: boolean | undefined;
  /** Punctuation is removed. */
  readonly noPunctuation?: boolean | undefined;
  /** Both also for Chinese and Japanese, whose characters become words. */
  readonly asian?: boolean | undefined;
  readonly caseSensitive?: boolean | undefined;
}

const ASIAN_PUNCTUATION = /[\u3001\u3002\u3008-\u3011\u3014-\u301f\uff61-\uff65\u30fb]/g;
const WIDE_PUNCTUATION = /[\uff0e\uff0c\uff1f\uff1a\uff1b\uff01\uff02\uff08\uff09]/g;
/** Ideographs, strokes, radicals, compatibility forms, and U+3200 to U+3F22, which holds kana's months. */
const ASIAN_CHARACTERS: readonly RegExp[] = [
  /[\u4e00-\u9fff\u3400-\u4dbf]/g,
  /[\u31c0-\u31ef\u2e80-\u2eff]/g,
  /[\u3300-\u33ff\uf900-\ufaff\ufe30-\ufe4f]/g,
  /[\u3200-\u3f22]/g,
];

export function tercomWords(text: string, options: TercomOptions): string[] {
  const { normalized, noPunctuation, asian, caseSensitive } = options;
  let done = caseSensitive ? text : text.toLowerCase();
  if (normalized) done = normalizedWestern(done);
  if (normalized && asian) done = around(done, [...ASIAN_CHARACTERS, ASIAN_PUNCTUATION, WIDE_PUNCTUATION]);
  if (noPunctuation) done = done.replace(/[.,?:;!"()]/g, "");
  if (noPunctuation && asian) done = done.replace(ASIAN_PUNCTUATION, "").replace(WIDE_PUNCTUATION, "");
  return splitWords(done);
}

/** Punctuation as 13a splits it, and the possessive 's before that of commas and full stops. */
const normalizedWestern = (text: string): string =>
  splitPunctuation(` ${unescaped(text.replaceAll("\n-", "").replaceAll("\n", " "))} `)
    .replaceAll("'s ", " 's ")
    .replace(/([^0-9])([.,])/gu, "$1 $2 ")
    .replace(/([.,])([^0-9])/gu, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ");

/** Puts blanks around characters. */
const around = (text: string, patterns: readonly RegExp[]): string =>
  patterns.reduce((done, pattern) => done.replace(pattern, " $& "), text);
