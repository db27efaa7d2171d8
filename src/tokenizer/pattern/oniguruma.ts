/**
 * Regular expressions in Oniguruma's syntax, which tokenizer.json is written in, as JavaScript's. What means the same is
 * kept, what means something else is rewritten, what has no counterpart is refused by name.
 */

import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import { ANCHORS, CONTROLS, HEXADECIMAL, LIGATURE, propertyName, SETS } from "./oniguruma-escapes.ts";
import { escapeLiteral, WORD } from "./regex.ts";

/**
 * A global regular expression that matches what `pattern` matches.
 * @throws GptError `invalid-file` for what JavaScript has no counterpart of
 */
export function fromOniguruma(pattern: string): RegExp {
  const source = new Translation(pattern).source();
  try {
    return new RegExp(source, "gu");
  } catch (error) {
    throw new GptError("invalid-file", `regular expression ${quote(pattern)} is not valid`, { cause: error });
  }
}

const QUANTIFIER = /^([*+?]|\{\d+(,?)\d*\}|\{(,)\d+\})([?+]?)/;
/** Of groups in groups. */
const MAX_DEPTH = 100;

class Translation {
  readonly #pattern: string;
  #at = 0;
  #ignoreCase = false;
  #depth = 0;
  #atomicGroups = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  source(): string {
    const source = this.#alternatives(this.#ignoreCase);
    if (this.#at < this.#pattern.length) this.#refuse("an unmatched )");
    return source;
  }

  /** Up to the end of the pattern or of the group. */
  #alternatives(ignoreCase: boolean): string {
    if (++this.#depth > MAX_DEPTH) this.#refuse(`more than ${MAX_DEPTH} groups in each other`);
    const outside = this.#ignoreCase;
    this.#ignoreCase = ignoreCase;
    let source = "";
    while (this.#at < this.#pattern.length && !this.#sees(")")) {
      source += this.#accept("|") ? "|" : this.#quantified(this.#atom());
    }
    this.#ignoreCase = outside;
    this.#depth--;
    return source;
  }

  #atom(): string {
    if (this.#accept("(")) return this.#group();
    if (this.#accept("[")) return this.#characterClass();
    if (this.#accept(".")) return "[^\\n]";
    if (this.#accept("^")) return "(?:^|(?<=\\n)(?!$))";
    if (this.#accept("$")) return "(?=\\n|$)";
    if (QUANTIFIER.test(this.#rest)) this.#refuse(`${this.#next()} after nothing`);
    if (!this.#accept("\\")) return this.#literal(this.#next());
    const code = this.#next();
    const anchor = ANCHORS.get(code);
    if (anchor !== undefined) return anchor;
    if (code === "w") return `[${WORD}]`;
    if (code === "W") return `[^${WORD}]`;
    return this.#set(code) ?? this.#literal(this.#escaped(code));
  }

  #quantified(atom: string): string {
    const match = QUANTIFIER.exec(this.#rest);
    if (match === null) return atom;
    const [syntax, symbol = "", comma, leadingComma, suffix = ""] = match;
    this.#at += syntax.length;
    if (QUANTIFIER.test(this.#rest)) this.#refuse(`${this.#next()} after ${syntax}`);
    const quantifier = leadingComma === undefined ? symbol : symbol.replace(",", "0,");
    const counted = quantifier.startsWith("{");
    if (counted && suffix === "?" && !comma && leadingComma === undefined) this.#refuse(syntax);
    if (suffix !== "+") return atom + quantifier + suffix;
    return counted ? `(?:${atom}${quantifier})+` : this.#atomic(atom + quantifier);
  }

  /** What matched is not given up again: a lookahead, then what it captured. */
  #atomic(source: string): string {
    const name = `atomic${++this.#atomicGroups}`;
    return `(?:(?=(?<${name}>${source}))\\k<${name}>)`;
  }

  /** After `(`. Groups that capture become groups that do not, since nothing refers back to them. */
  #group(): string {
    const match = /^\?(?:([:>=!]|<[=!])|<\w+>|(-?i)([:)]))/.exec(this.#rest);
    if (match === null && this.#sees("?")) this.#refuse(`(${this.#rest.slice(0, 3)}`);
    const [syntax = "", kind = ":", flag, flagEnd] = match ?? [];
    this.#at += syntax.length;
    const ignoreCase = flag === undefined ? this.#ignoreCase : flag === "i";
    const inside = this.#alternatives(ignoreCase);
    // (?i) holds for the rest of the group it stands in, whose end is not its own.
    if (flagEnd !== ")" && !this.#accept(")")) this.#refuse("a ( without )");
    return kind === ">" ? this.#atomic(inside) : `(?${kind}${inside})`;
  }

  /** After `[`. */
  #characterClass(): string {
    let members = this.#accept("^") ? "^" : "";
    do {
      if (this.#at === this.#pattern.length) this.#refuse("a [ without ]");
      if (this.#sees("]") || this.#sees("[") || this.#sees("&&")) this.#refuse(`${this.#next()} in brackets`);
      members += this.#classMember();
    } while (!this.#accept("]"));
    return `[${members}]`;
  }

  #classMember(): string {
    const first = this.#classCharacter();
    if (first.set !== undefined) return first.set;
    if (!/^-[^\]]/.test(this.#rest)) return this.#casesOf(first.character);
    this.#next();
    const last = this.#classCharacter();
    if (last.set !== undefined) this.#refuse("a range to a set of characters");
    return this.#range(first.character, last.character);
  }

  #classCharacter(): { readonly set: string } | { readonly set?: undefined; readonly character: string } {
    if (!this.#accept("\\")) return { character: this.#next() };
    const code = this.#next();
    const set = code === "w" ? WORD : this.#set(code);
    if (set !== undefined) return { set };
    return { character: code === "b" ? "\b" : this.#escaped(code) };
  }

  #range(first: string, last: string): string {
    const range = `${escapeLiteral(first)}-${escapeLiteral(last)}`;
    if (!this.#ignoreCase) return range;
    if (first > "\x7F" || last > "\x7F") this.#refuse(`${first}-${last} without regard to case`);
    let others = "";
    for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code++) {
      const character = String.fromCharCode(code);
      if (/[a-z]/i.test(character)) others += this.#casesOf(character);
    }
    return range + others;
  }

  /** A set that means the same inside and outside of brackets. */
  #set(code: string): string | undefined {
    if (code !== "p" && code !== "P") return SETS.get(code);
    const [syntax, negation, name = ""] = /^\{(\^?)([^}]*)\}/.exec(this.#rest) ?? [];
    if (syntax === undefined) return this.#refuse(`\\${code}${this.#next()}`);
    this.#at += syntax.length;
    const property = propertyName(name, this.#ignoreCase);
    if (property === undefined) return this.#refuse(`\\${code}{${name}}`);
    const negated = (code === "P") !== (negation === "^");
    return `\\${negated ? "P" : "p"}{${property}}`;
  }

  /** The character that `\` and `code` stand for. */
  #escaped(code: string): string {
    const control = CONTROLS.get(code);
    if (control !== undefined) return control;
    const match = HEXADECIMAL.get(code)?.exec(this.#rest);
    if (match) {
      this.#at += match[0].length;
      const value = Number.parseInt(match[1] ?? match[2] ?? "", 16);
      if (value <= 0x10ffff && (value < 0xd800 || value > 0xdfff)) return String.fromCodePoint(value);
    }
    return /[\p{L}\p{N}]/u.test(code) ? this.#refuse(`\\${code}`) : code;
  }

  #literal(character: string): string {
    if (!this.#ignoreCase) return escapeLiteral(character);
    if (LIGATURE.test(character + this.#rest.slice(0, 1))) {
      this.#refuse(`"${character}${this.#next()}" without regard to case`);
    }
    const cases = this.#casesOf(character);
    return cases === escapeLiteral(character) ? cases : `[${cases}]`;
  }

  /** A character and, where case is ignored, its other cases: ſ is an s, the Kelvin sign a k. */
  #casesOf(character: string): string {
    if (!this.#ignoreCase) return escapeLiteral(character);
    if (/[^\x00-\x7F]/.test(character) && /\p{L}|\p{M}/u.test(character)) {
      this.#refuse(`"${character}" without regard to case`);
    }
    const lower = character.toLowerCase();
    const other = lower === "s" ? "\u017F" : lower === "k" ? "\u212A" : "";
    return escapeLiteral([...new Set([lower, lower.toUpperCase(), other])].join(""));
  }

  get #rest(): string {
    return this.#pattern.slice(this.#at);
  }

  #sees(syntax: string): boolean {
    return this.#pattern.startsWith(syntax, this.#at);
  }

  #accept(syntax: string): boolean {
    const accepted = this.#sees(syntax);
    if (accepted) this.#at += syntax.length;
    return accepted;
  }

  #next(): string {
    const code = this.#pattern.codePointAt(this.#at);
    if (code === undefined) return this.#refuse("a \\ or a range without an end");
    const character = String.fromCodePoint(code);
    this.#at += character.length;
    return character;
  }

  #refuse(what: string): never {
    const message = `regular expression ${quote(this.#pattern)} has ${what}, which is not implemented`;
    throw new GptError("invalid-file", message);
  }
}
