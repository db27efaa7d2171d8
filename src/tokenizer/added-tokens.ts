/** Tokens that are cut out of the text before BPE sees it: control tokens, and words added to a vocabulary. */

import type { JsonFields } from "./json-fields.ts";
import { asItIs, type Normalizer } from "./normalizers.ts";
import { escapeLiteral, RUST_WORD } from "./regex.ts";

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** A control token: text becomes it only when asked to. */
  readonly special: boolean;
  /** Not inside of a longer word. */
  readonly singleWord: boolean;
  /** Takes the white space on its left or right with it. */
  readonly leftStrip: boolean;
  readonly rightStrip: boolean;
  /** Looked for in the normalized text, by its normalized content. */
  readonly normalized: boolean;
}

/** A token without conditions. */
export function addedToken(content: string, id: number, special: boolean): AddedToken {
  return { id, content, special, singleWord: false, leftStrip: false, rightStrip: false, normalized: false };
}

/** An added token as tokenizer.json and tokenizer_config.json describe it. */
export function readAddedToken(fields: JsonFields, id: number): AddedToken {
  const special = fields.boolean("special", false);
  return {
    id,
    content: fields.string("content"),
    special,
    singleWord: fields.boolean("single_word", false),
    leftStrip: fields.boolean("lstrip", false),
    rightStrip: fields.boolean("rstrip", false),
    normalized: fields.boolean("normalized", !special),
  };
}

/** A token's id, or text between tokens: never empty. */
export type Fragment = number | string;

export class AddedTokens {
  readonly all: readonly AddedToken[];
  readonly #normalize: Normalizer;
  readonly #plain: Cuts;
  readonly #withSpecial: Cuts;

  constructor(tokens: readonly AddedToken[], normalize: Normalizer) {
    const plain = tokens.filter((token) => !token.special);
    this.all = tokens;
    this.#normalize = normalize;
    this.#plain = cutsAt(plain, normalize);
    this.#withSpecial = cutsAt(tokens, normalize);
  }

  /**
   * Normalizes a text and cuts the added tokens out of it.
   * @param parseSpecial whether control tokens count
   */
  split(text: string, parseSpecial: boolean): Fragment[] {
    const { before, after } = parseSpecial ? this.#withSpecial : this.#plain;
    return before(text).flatMap((fragment) =>
      typeof fragment === "number" ? fragment : after(this.#normalize(fragment)),
    );
  }
}

type Cut = (text: string) => Fragment[];

/** The cuts before and after the text is normalized. */
interface Cuts {
  readonly before: Cut;
  readonly after: Cut;
}

function cutsAt(tokens: readonly AddedToken[], normalize: Normalizer): Cuts {
  const verbatim = tokens.filter((token) => !token.normalized);
  const normalized = tokens.filter((token) => token.normalized);
  return { before: cutAt(verbatim, asItIs), after: cutAt(normalized, normalize) };
}

/** Cuts at the leftmost and, of these, the longest token. */
function cutAt(tokens: readonly AddedToken[], normalize: Normalizer): Cut {
  const byContent = new Map(tokens.map((token) => [normalize(token.content), token]));
  byContent.delete("");
  if (byContent.size === 0) return (text) => (text === "" ? [] : [text]);
  const contents = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(contents.map(escapeLiteral).join("|"), "gu");
  return (text) => {
    const fragments: Fragment[] = [];
    let done = 0;
    for (const { 0: content, index } of text.matchAll(pattern)) {
      const token = byContent.get(content);
      let start = index;
      let end = start + content.length;
      if (token === undefined || start < done || (token.singleWord && touchesWord(text, start, end)))
        continue;
      while (token.leftStrip && start > done && WHITE_SPACE.test(text.charAt(start - 1))) start--;
      while (token.rightStrip && WHITE_SPACE.test(text.charAt(end))) end++;
      if (start > done) fragments.push(text.slice(done, start));
      fragments.push(token.id);
      done = end;
    }
    if (done < text.length) fragments.push(text.slice(done));
    return fragments;
  };
}

const WHITE_SPACE = /\p{White_Space}/u;
const WORD = new RegExp(`^[${RUST_WORD}]$`, "u");

function touchesWord(text: string, start: number, end: number): boolean {
  const before = [...text.slice(Math.max(0, start - 2), start)].at(-1) ?? "";
  const [after = ""] = text.slice(end, end + 2);
  return WORD.test(before) || WORD.test(after);
}
