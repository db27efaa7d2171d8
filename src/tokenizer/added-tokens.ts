/**
 * Tokens that are cut out of the text before BPE sees it: control tokens, and words added to a vocabulary.
 */

import { leadingTag } from "./language-tag.ts";
import { escapeLiteral, RUST_WORD } from "./pattern/regex.ts";
import { type Rewrite, unchanged } from "./rewrite.ts";
import type { MayBeToken } from "./tokenizer.ts";

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** A control token: text becomes it only when asked to. */
  readonly special: boolean;
  /** Never found inside a longer word. */
  readonly singleWord: boolean;
  /** Takes the white space on its left or right with it. */
  readonly leftStrip: boolean;
  readonly rightStrip: boolean;
  /** Found in the normalized text, by its normalized content. */
  readonly normalized: boolean;
}

/** A token without conditions. */
export function addedToken(content: string, id: number, special: boolean): AddedToken {
  return { id, content, special, singleWord: false, leftStrip: false, rightStrip: false, normalized: false };
}

/** A token's id, or text between tokens: never empty. */
export type Fragment = number | string;

export class AddedTokens {
  readonly all: readonly AddedToken[];
  readonly #normalize: Rewrite;
  readonly #plain: Cuts;
  readonly #withSpecial: Cuts;
  readonly #tagId: ((tag: string) => number) | undefined;
  /** Cuts by place. */
  #placed: Cut | undefined;

  /** @param tagId the id of the tag of a language before a text, in models that have such tags */
  constructor(tokens: readonly AddedToken[], normalize: Rewrite, tagId?: (tag: string) => number) {
    this.#tagId = tagId;
    const plain = tokens.filter((token) => !token.special);
    this.all = tokens;
    this.#normalize = normalize;
    this.#plain = cutsAt(plain, normalize);
    this.#withSpecial = cutsAt(tokens, normalize);
  }

  /**
   * Normalizes a text and cuts the added tokens out of it.
   * @param parseSpecial whether control tokens count; a function says where added tokens may be
   */
  split(text: string, parseSpecial: boolean | MayBeToken): Fragment[] {
    if (typeof parseSpecial === "function") {
      // Places in normalized text are unknown: all tokens are found as they are written.
      this.#placed ??= cutAt(this.all, unchanged);
      return this.#placed(text, parseSpecial).map((fragment) =>
        typeof fragment === "number" ? fragment : this.#normalize(fragment),
      );
    }
    const leading = this.#tagId && leadingTag(text);
    if (this.#tagId && leading) return [this.#tagId(leading.tag), ...this.#cut(leading.rest, parseSpecial)];
    return this.#cut(text, parseSpecial);
  }

  #cut(text: string, parseSpecial: boolean): Fragment[] {
    const { before, after } = parseSpecial ? this.#withSpecial : this.#plain;
    return before(text).flatMap((fragment) =>
      typeof fragment === "number" ? fragment : after(this.#normalize(fragment)),
    );
  }
}

type Cut = (text: string, mayBe?: MayBeToken) => Fragment[];

/** The cuts before and after the text is normalized. */
interface Cuts {
  readonly before: Cut;
  readonly after: Cut;
}

function cutsAt(tokens: readonly AddedToken[], normalize: Rewrite): Cuts {
  const verbatim = tokens.filter((token) => !token.normalized);
  const normalized = tokens.filter((token) => token.normalized);
  return { before: cutAt(verbatim, unchanged), after: cutAt(normalized, normalize) };
}

/** Cuts at the leftmost and, of these, the longest token. */
function cutAt(tokens: readonly AddedToken[], normalize: Rewrite): Cut {
  const byContent = new Map(tokens.map((token) => [normalize(token.content), token]));
  byContent.delete("");
  if (byContent.size === 0) return (text) => (text === "" ? [] : [text]);
  const find = finder(byContent);
  return (text, mayBe) => {
    const accepts = mayBe && acceptor(mayBe);
    const fragments: Fragment[] = [];
    let done = 0;
    for (let found = find(text, 0, accepts); found !== undefined; found = find(text, found.end, accepts)) {
      const { token } = found;
      let { start, end } = found;
      if (start < done || (token.singleWord && touchesWord(text, start, end))) continue;
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

type Accepts = (found: Found) => boolean;

/** Runs of blanks are text wherever they are: some vocabularies have tokens for them. */
const acceptor =
  (mayBe: MayBeToken): Accepts =>
  ({ token, start, end }) =>
    mayBe(start, end) || !/\S/.test(token.content);

interface Found {
  readonly token: AddedToken;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the first token of a text from a place on. At each first character of a token, texts of the lengths
 * of such tokens are looked up. (A regular expression of all of them takes V8 seconds to compile if there are
 * many.)
 */
function finder(
  byContent: ReadonlyMap<string, AddedToken>,
): (text: string, from: number, accepts?: Accepts) => Found | undefined {
  const lengths = new Map<string, Set<number>>();
  for (const content of byContent.keys()) {
    const known = lengths.get(content.charAt(0)) ?? new Set();
    lengths.set(content.charAt(0), known.add(content.length));
  }
  const longestFirst = new Map([...lengths].map(([first, set]) => [first, [...set].sort((a, b) => b - a)]));
  const starts = new RegExp(`[${[...lengths.keys()].map(escapeLiteral).join("")}]`, "g");
  return (text, from, accepts = () => true) => {
    starts.lastIndex = from;
    for (let match = starts.exec(text); match !== null; match = starts.exec(text)) {
      const start = match.index;
      for (const length of longestFirst.get(match[0]) ?? []) {
        const end = Math.min(start + length, text.length);
        const token = byContent.get(text.slice(start, end));
        if (token !== undefined && accepts({ token, start, end })) return { token, start, end };
      }
    }
    return undefined;
  };
}

const WHITE_SPACE = /\p{White_Space}/u;
const WORD = new RegExp(`^[${RUST_WORD}]$`, "u");

function touchesWord(text: string, start: number, end: number): boolean {
  const before = [...text.slice(Math.max(0, start - 2), start)].at(-1) ?? "";
  const [after = ""] = text.slice(end, end + 2);
  return WORD.test(before) || WORD.test(after);
}
