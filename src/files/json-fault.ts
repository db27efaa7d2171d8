/**
 * Finds the first place where a text is not JSON (RFC 8259). JSON.parse tells the place of some faults only.
 */
import { GptError } from "../errors.ts";
import { quote } from "./quote.ts";

const NAME = /"(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SCALAR = new RegExp(`${NAME.source}|${NUMBER.source}|true|false|null`, "y");

/** Levels of lists and objects. */
const MAX_DEPTH = 100;
/** Characters of the text that the error shows. */
const SHOWN_CHARACTERS = 20;

/**
 * @param text that JSON.parse refuses
 * @throws GptError `usage` such as `line 2, column 14: expected a name in double quotes, found "}"`
 */
export function findJsonFault(text: string): void {
  new JsonReader(text).read();
}

/** Checks JSON without keeping its values. */
class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): void {
    this.#value(0);
    this.#need(/$/y, "the end");
  }

  #value(depth: number): void {
    if (depth > MAX_DEPTH) this.#fail(`at most ${MAX_DEPTH} levels`);
    if (this.#takes(/\{/y)) this.#items(/\}/y, "}", () => this.#field(depth));
    else if (this.#takes(/\[/y)) this.#items(/\]/y, "]", () => this.#value(depth + 1));
    else this.#need(SCALAR, "a value");
  }

  #field(depth: number): void {
    this.#need(NAME, "a name in double quotes");
    this.#need(/:/y, "a colon");
    this.#value(depth + 1);
  }

  #items(close: RegExp, bracket: string, item: () => void): void {
    if (this.#takes(close)) return;
    do item();
    while (this.#takes(/,/y));
    this.#need(close, `a comma or ${bracket}`);
  }

  #need(token: RegExp, expected: string): void {
    if (!this.#takes(token)) this.#fail(expected);
  }

  /** Skips white space, then the token if it comes next. */
  #takes(token: RegExp): boolean {
    this.#at += this.#match(/[ \t\n\r]*/y)?.length ?? 0;
    const found = this.#match(token);
    this.#at += found?.length ?? 0;
    return found !== undefined;
  }

  #match(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    return token.exec(this.#text)?.[0];
  }

  #fail(expected: string): never {
    const before = this.#text.slice(0, this.#at).split("\n");
    const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    const [rest = ""] = this.#text.slice(this.#at, this.#at + SHOWN_CHARACTERS).split("\n", 1);
    const found = this.#at === this.#text.length ? "the end" : quote(rest);
    throw new GptError("usage", `${place}: expected ${expected}, found ${found}`);
  }
}
