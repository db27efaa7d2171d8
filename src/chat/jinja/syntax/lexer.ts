/**
 * Cuts a template into its text and the tokens of its tags, with the white space as Hugging Face's library sets
 * Jinja up: `trim_blocks` drops a line feed after a block, `lstrip_blocks` the blanks before one on its line.
 */

import { TemplateError } from "../values/template-error.ts";
import { decodeEscapes } from "./escapes.ts";

export type TokenKind =
  | "data"
  | "name"
  | "string"
  | "integer"
  | "float"
  | "operator"
  | "variable-begin"
  | "variable-end"
  | "block-begin"
  | "block-end"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly line: number;
}

const OPERATORS = /\*\*|\/\/|==|!=|<=|>=|[-+*/%~<>=.:|,;()[\]{}]/y;
const NUMBER =
  /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|\d+(?:_\d+)*(?:(?:\.\d+(?:_\d+)*)?[eE][-+]?\d+(?:_\d+)*|\.\d+(?:_\d+)*)?/y;
const PLACE = /\d+/y;
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*/uy;
const STRING = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y;
const BLANKS = /\s+/y;
const OPENING = /\{([{%#])([-+]?)/g;
const RAW_BEGIN = /\s*raw\s*([-+]?)%\}/y;
const RAW_END = /\{%([-+]?)\s*endraw\s*([-+]?)%\}/g;
const COMMENT_END = /([-+]?)#\}/g;
const CLOSERS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** @throws TemplateError for a text that is no template */
export function tokenize(template: string): Token[] {
  return new Lexer(template.replace(/\r\n?/g, "\n").replace(/\n$/, "")).tokens();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  #counted = 0;
  /** Whether the text at `#at` begins a line. */
  #startsLine = true;

  constructor(source: string) {
    this.#source = source;
  }

  tokens(): Token[] {
    while (this.#at < this.#source.length) this.#next();
    this.#add("end", "", this.#source.length);
    return this.#tokens;
  }

  /** Text up to the next tag, and the tag. */
  #next(): void {
    OPENING.lastIndex = this.#at;
    const opening = OPENING.exec(this.#source);
    if (opening === null) {
      this.#data(this.#source.slice(this.#at));
      this.#at = this.#source.length;
      return;
    }
    const [whole, kind = "", sign = ""] = opening;
    const text = this.#source.slice(this.#at, opening.index);
    this.#data(this.#strippedBefore(text, kind, sign));
    this.#at = opening.index + whole.length;
    if (kind === "#") this.#comment();
    else if (kind === "{") this.#tag("variable");
    else if (!this.#raw()) this.#tag("block");
  }

  #strippedBefore(text: string, kind: string, sign: string): string {
    if (sign === "-") return text.trimEnd();
    const line = text.lastIndexOf("\n") + 1;
    if (sign === "+" || kind === "{" || (line === 0 && !this.#startsLine)) return text;
    return /^\s+$/.test(text.slice(line)) ? text.slice(0, line) : text;
  }

  #data(text: string): void {
    if (text !== "") this.#add("data", text, this.#at);
  }

  /** Goes on behind a tag. */
  #close(end: number, sign: string, isBlock: boolean): void {
    this.#at = end;
    if (sign === "-") {
      BLANKS.lastIndex = end;
      if (BLANKS.test(this.#source)) this.#at = BLANKS.lastIndex;
    } else if (isBlock && sign !== "+" && this.#source[end] === "\n") this.#at++;
    this.#startsLine = this.#source[this.#at - 1] === "\n";
  }

  #comment(): void {
    COMMENT_END.lastIndex = this.#at;
    const end = COMMENT_END.exec(this.#source);
    if (end === null) throw this.#error("Missing end of comment tag");
    this.#close(COMMENT_END.lastIndex, end[1] ?? "", true);
  }

  #raw(): boolean {
    RAW_BEGIN.lastIndex = this.#at;
    const begin = RAW_BEGIN.exec(this.#source);
    if (begin === null) return false;
    this.#close(RAW_BEGIN.lastIndex, begin[1] ?? "", true);
    RAW_END.lastIndex = this.#at;
    const end = RAW_END.exec(this.#source);
    if (end === null) throw this.#error("Missing end of raw directive");
    this.#data(this.#strippedBefore(this.#source.slice(this.#at, end.index), "%", end[1] ?? ""));
    this.#close(RAW_END.lastIndex, end[2] ?? "", true);
    return true;
  }

  #tag(kind: "block" | "variable"): void {
    const line = this.#lineAt(this.#at);
    this.#add(`${kind}-begin`, "", this.#at);
    const ending = kind === "block" ? /([-+]?)%\}/y : /(-?)\}\}/y;
    const open: string[] = [];
    for (;;) {
      this.#match(BLANKS);
      ending.lastIndex = this.#at;
      const end = open.length === 0 ? ending.exec(this.#source) : null;
      if (end !== null) {
        this.#add(`${kind}-end`, "", this.#at);
        this.#close(ending.lastIndex, end[1] ?? "", kind === "block");
        return;
      }
      if (this.#at >= this.#source.length) {
        throw new TemplateError("syntax", "unexpected end of template: this tag is not closed", line);
      }
      this.#token(open);
    }
  }

  #token(open: string[]): void {
    const begin = this.#at;
    const [kind, text] = this.#literal() ?? ["operator", this.#operator(open)];
    this.#add(kind, text, begin);
  }

  #literal(): readonly [TokenKind, string] | undefined {
    const string = this.#match(STRING);
    if (string !== undefined) return ["string", decodeEscapes(string.slice(1, -1))];
    const name = this.#match(NAME);
    if (name !== undefined) return ["name", name];
    // In `x.0.1` there are two places of lists and no float.
    const number = this.#match(this.#source[this.#at - 1] === "." ? PLACE : NUMBER);
    if (number === undefined) return undefined;
    const digits = number.replaceAll("_", "").toLowerCase();
    return [/^0[xob]|^\d+$/.test(digits) ? "integer" : "float", digits];
  }

  #operator(open: string[]): string {
    const operator = this.#match(OPERATORS);
    if (operator === undefined) {
      throw this.#error(`unexpected char ${JSON.stringify(this.#source[this.#at])}`);
    }
    const closer = CLOSERS[operator];
    if (closer !== undefined) open.push(closer);
    else if (/[)\]}]/.test(operator) && open.pop() !== operator)
      throw this.#error(`unexpected '${operator}'`);
    return operator;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#source) ?? [];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #add(kind: TokenKind, text: string, at: number): void {
    this.#tokens.push({ kind, text, line: this.#lineAt(at) });
  }

  #lineAt(at: number): number {
    for (; this.#counted < at; this.#counted++) if (this.#source[this.#counted] === "\n") this.#line++;
    return this.#line;
  }

  #error(message: string): TemplateError {
    return new TemplateError("syntax", message, this.#lineAt(this.#at));
  }
}
