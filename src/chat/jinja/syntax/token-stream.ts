/** The tokens of a template, read from the front. */

import { TemplateError } from "../values/template-error.ts";
import { type Token, type TokenKind, tokenize } from "./lexer.ts";

export class TokenStream {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(template: string) {
    this.#tokens = tokenize(template);
  }

  get current(): Token {
    return this.#tokenAt(this.#at);
  }

  /** The token behind the current one. */
  get next(): Token {
    return this.#tokenAt(this.#at + 1);
  }

  get atTagEnd(): boolean {
    const { kind } = this.current;
    return kind === "block-end" || kind === "variable-end" || kind === "end";
  }

  take(): Token {
    const token = this.current;
    this.#at++;
    return token;
  }

  is(kind: TokenKind, text: string): boolean {
    const { current } = this;
    return current.kind === kind && current.text === text;
  }

  /** Takes the token if it is this one. */
  skip(kind: TokenKind, text: string): boolean {
    const found = this.is(kind, text);
    if (found) this.#at++;
    return found;
  }

  expect(kind: TokenKind, text?: string): Token {
    const { current } = this;
    if (current.kind === kind && (text === undefined || current.text === text)) return this.take();
    return this.unexpected(text ?? kind.replace("-", " "));
  }

  /** `name` or `name.name`. */
  dottedName(): string {
    let name = this.expect("name").text;
    while (this.skip("operator", ".")) name += `.${this.expect("name").text}`;
    return name;
  }

  unexpected(expected?: string): never {
    const { kind, text } = this.current;
    const found = text === "" || kind === "data" ? kind.replace("-", " ") : `'${text}'`;
    return this.fail(`unexpected ${found}${expected === undefined ? "" : `, expected '${expected}'`}`);
  }

  fail(message: string): never {
    throw new TemplateError("syntax", message, this.current.line);
  }

  #tokenAt(index: number): Token {
    return this.#tokens[Math.min(index, this.#tokens.length - 1)] ?? { kind: "end", text: "", line: 1 };
  }
}
