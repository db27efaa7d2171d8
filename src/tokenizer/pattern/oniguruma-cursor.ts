/** A place in a pattern of Oniguruma's syntax. */

import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";

/** Characters of a pattern that an error names at most. */
const SHOWN = 40;

export class Cursor {
  readonly pattern: string;
  /** The pattern has classes in classes, which need the `v` flag. */
  hasSets = false;
  #at = 0;

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  get isAtEnd(): boolean {
    return this.#at === this.pattern.length;
  }

  sees(syntax: string): boolean {
    return this.pattern.startsWith(syntax, this.#at);
  }

  accept(syntax: string): boolean {
    const accepted = this.sees(syntax);
    if (accepted) this.#at += syntax.length;
    return accepted;
  }

  /** What a sticky regular expression matches here. */
  look(syntax: RegExp): RegExpExecArray | null {
    syntax.lastIndex = this.#at;
    return syntax.exec(this.pattern);
  }

  /** The same, and the cursor moves behind it. */
  match(syntax: RegExp): RegExpExecArray | null {
    const found = this.look(syntax);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  /** Takes the next character. */
  next(): string {
    const code = this.pattern.codePointAt(this.#at);
    if (code === undefined) return this.refuse("a \\ or a range without an end");
    const character = String.fromCodePoint(code);
    this.#at += character.length;
    return character;
  }

  /** The next characters, for an error. */
  peek(count: number): string {
    return this.pattern.slice(this.#at, this.#at + count);
  }

  refuse(what: string): never {
    const shown = what.length > SHOWN ? `${what.slice(0, SHOWN)}...` : what;
    const message = `regular expression ${quote(this.pattern)} has ${shown}, which is not implemented`;
    throw new GptError("invalid-file", message);
  }
}
