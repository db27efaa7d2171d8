/**
 * Translates regular expressions from Oniguruma's syntax, which tokenizer.json has, to JavaScript's. Syntax
 * with the same meaning is kept, syntax with another meaning is rewritten, syntax without a counterpart is
 * refused by name.
 */

import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import { characterClass, characterSet, escaped, literal } from "./oniguruma-characters.ts";
import { Cursor } from "./oniguruma-cursor.ts";
import { ANCHORS, OUTER_WORD } from "./oniguruma-escapes.ts";

/**
 * A global regular expression that matches what `pattern` matches. It has the `v` flag only for classes in
 * classes: the V8 of Node 20 forgets a negation in a repeated group under it, as in /(?:[^a]b)+/v.
 * @throws GptError `invalid-file` for syntax without a counterpart in JavaScript
 */
export function fromOniguruma(pattern: string): RegExp {
  const cursor = new Cursor(pattern);
  const source = new Translation(cursor).source();
  try {
    const regex = new RegExp(source, cursor.hasSets ? "gv" : "gu");
    // V8 compiles a pattern when it is first used, for texts with and without characters beyond Latin-1.
    for (const text of ["", "\u0100"]) regex.test(text);
    regex.lastIndex = 0;
    return regex;
  } catch (error) {
    throw new GptError("invalid-file", `regular expression ${quote(pattern)} is not valid`, { cause: error });
  }
}

const QUANTIFIER = /([*+?]|\{\d+(,?)\d*\}|\{(,)\d+\})([?+]?)/y;
const GROUP = /\?(?:([:>=!]|<[=!])|<\w+>|(-?[im]+)([:)]))/y;
/** Groups in groups. */
const MAX_DEPTH = 100;

interface Atom {
  readonly source: string;
  /** It matches one character, never more or less. */
  readonly isCharacter: boolean;
}

const character = (source: string): Atom => ({ source, isCharacter: true });
const longer = (source: string): Atom => ({ source, isCharacter: false });

class Translation {
  readonly #cursor: Cursor;
  #ignoreCase = false;
  #dotAll = false;
  #depth = 0;
  #atomicGroups = 0;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  source(): string {
    const source = this.#alternatives(false, false);
    if (!this.#cursor.isAtEnd) this.#cursor.refuse("an unmatched )");
    return source;
  }

  /** Up to the end of the pattern or of the group. */
  #alternatives(ignoreCase: boolean, dotAll: boolean): string {
    if (++this.#depth > MAX_DEPTH) this.#cursor.refuse(`more than ${MAX_DEPTH} groups in each other`);
    const outside = [this.#ignoreCase, this.#dotAll] as const;
    this.#ignoreCase = ignoreCase;
    this.#dotAll = dotAll;
    let source = "";
    while (!this.#cursor.isAtEnd && !this.#cursor.sees(")")) {
      source += this.#cursor.accept("|") ? "|" : this.#quantified(this.#atom());
    }
    [this.#ignoreCase, this.#dotAll] = outside;
    this.#depth--;
    return source;
  }

  #atom(): Atom {
    const cursor = this.#cursor;
    if (cursor.accept("(")) return longer(this.#group());
    if (cursor.accept("[")) return character(characterClass(cursor, this.#ignoreCase));
    if (cursor.accept(".")) return character(this.#dotAll ? "[^]" : "[^\\n]");
    if (cursor.accept("^")) return longer("(?:^|(?<=\\n)(?!$))");
    if (cursor.accept("$")) return longer("(?=\\n|$)");
    if (cursor.look(QUANTIFIER) !== null) cursor.refuse(`${cursor.next()} after nothing`);
    if (!cursor.accept("\\")) return character(literal(cursor, cursor.next(), this.#ignoreCase));
    const code = cursor.next();
    const anchor = ANCHORS.get(code);
    if (anchor !== undefined) return longer(anchor);
    if (code === "w") return character(`[${OUTER_WORD}]`);
    if (code === "W") return character(`[^${OUTER_WORD}]`);
    const set = characterSet(cursor, code, this.#ignoreCase);
    return character(set ?? literal(cursor, escaped(cursor, code), this.#ignoreCase));
  }

  #quantified({ source: atom, isCharacter }: Atom): string {
    const match = this.#cursor.match(QUANTIFIER);
    if (match === null) return atom;
    const [syntax, symbol = "", comma, leadingComma, suffix = ""] = match;
    if (this.#cursor.look(QUANTIFIER) !== null) this.#cursor.refuse(`${this.#cursor.next()} after ${syntax}`);
    const quantifier = leadingComma === undefined ? symbol : symbol.replace(",", "0,");
    const counted = quantifier.startsWith("{");
    if (counted && suffix === "?" && !comma && leadingComma === undefined) this.#cursor.refuse(syntax);
    if (suffix !== "+") return atom + quantifier + suffix;
    if (counted) return `(?:${atom}${quantifier})+`;
    if (!isCharacter) return this.#atomic(atom + quantifier);
    // Characters that are not given up again: none of them follows.
    return quantifier === "?" ? `(?:${atom}|(?!${atom}))` : `${atom}${quantifier}(?!${atom})`;
  }

  /** A match that is not given up again: a lookahead, then a reference to its capture. */
  #atomic(source: string): string {
    const name = `atomic${++this.#atomicGroups}`;
    return `(?:(?=(?<${name}>${source}))\\k<${name}>)`;
  }

  /** After `(`. Groups that capture become groups that do not, since nothing refers back to them. */
  #group(): string {
    const cursor = this.#cursor;
    const match = cursor.match(GROUP);
    if (match === null && cursor.sees("?")) cursor.refuse(`(${cursor.peek(3)}`);
    const [, kind = ":", flags = "", flagEnd] = match ?? [];
    const isOn = !flags.startsWith("-");
    const ignoreCase = flags.includes("i") ? isOn : this.#ignoreCase;
    const dotAll = flags.includes("m") ? isOn : this.#dotAll;
    const inside = this.#alternatives(ignoreCase, dotAll);
    // (?i) holds for the rest of the group around it.
    if (flagEnd !== ")" && !cursor.accept(")")) cursor.refuse("a ( without )");
    return kind === ">" ? this.#atomic(inside) : `(?${kind}${inside})`;
  }
}
