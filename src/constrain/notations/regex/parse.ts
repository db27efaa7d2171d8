/** Reads a regular expression as JavaScript has it, with the flag `u`, as far as it is regular. */
import { GptError } from "../../../errors.ts";
import { quote } from "../../../files/quote.ts";
import { MOST_TIMES, repetitionAt, timesOf } from "../repetition.ts";
import { charactersOf } from "./characters.ts";
import type { Pattern } from "./pattern.ts";

/** Groups inside each other. */
const MOST_DEPTH = 200;
const CLASS = /\[(?:\\.|[^\]\\])*\]/suy;
const ESCAPED = /\\(?:[pP]\{[^}]*\}|u\{[\da-fA-F]+\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|.)/suy;
const PLAIN = /[^()|^$*+?{}[\]\\]/suy;
const TIMES = /\{(\d{1,9})(?:(,)(\d{1,9})?)?\}/y;
const GROUP = /\((?:\?:|\?<[^=!>]+>)?/y;

/** @throws GptError `usage` for what is no regular expression, or is not supported */
export function parseRegex(source: string): Pattern {
  try {
    new RegExp(source, "u");
  } catch (error) {
    throw new GptError("usage", `expected a regular expression: ${(error as Error).message}`);
  }
  return new Parser(source).whole();
}

class Parser {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  whole(): Pattern {
    const pattern = this.#alternatives();
    if (this.#at < this.#source.length) throw this.#refusal(this.#source.slice(this.#at));
    return pattern;
  }

  #alternatives(): Pattern {
    if (++this.#depth > MOST_DEPTH) throw this.#refusal(`more than ${MOST_DEPTH} groups inside each other`);
    const options = [this.#sequence()];
    while (this.#takes("|")) options.push(this.#sequence());
    this.#depth--;
    return options.length === 1 ? (options[0] as Pattern) : { kind: "choice", options };
  }

  #sequence(): Pattern {
    const parts: Pattern[] = [];
    for (let part = this.#part(); part !== undefined; part = this.#part()) parts.push(this.#repeated(part));
    return parts.length === 1 ? (parts[0] as Pattern) : { kind: "sequence", parts };
  }

  #part(): Pattern | undefined {
    if (this.#takes("^")) return { kind: "start" };
    if (this.#takes("$")) return { kind: "end" };
    if (this.#takes(".")) return { kind: "characters", set: charactersOf(".") };
    if (this.#source[this.#at] === "(") return this.#group();
    const at = this.#at;
    const escaped = this.#match(ESCAPED)?.[0];
    if (escaped !== undefined) {
      if (/^\\[bBk1-9]/.test(escaped)) {
        this.#at = at;
        throw this.#refusal(escaped);
      }
      if (/^\\u[dD][89abAB]/.test(escaped)) {
        const pair = /\\u[dD][c-fC-F][\da-fA-F]{2}/y;
        const low = this.#match(pair)?.[0];
        if (low !== undefined) return { kind: "characters", set: charactersOf(escaped + low) };
      }
      return { kind: "characters", set: charactersOf(escaped) };
    }
    const atom = this.#match(CLASS)?.[0] ?? this.#match(PLAIN)?.[0];
    return atom === undefined ? undefined : { kind: "characters", set: charactersOf(atom) };
  }

  #group(): Pattern {
    if (/^\(\?(?!:|<[^=!])/.test(this.#source.slice(this.#at, this.#at + 4))) {
      throw this.#refusal(this.#source.slice(this.#at, this.#at + 4));
    }
    this.#match(GROUP);
    const group = this.#alternatives();
    if (!this.#takes(")")) throw this.#refusal(this.#source.slice(this.#at));
    return group;
  }

  #repeated(part: Pattern): Pattern {
    const times = repetitionAt(this.#source, this.#at, TIMES);
    if (times === undefined) return part;
    this.#at += times.length;
    this.#takes("?"); // A lazy repetition allows the same texts.
    if (timesOf(times) > MOST_TIMES) throw this.#refusal(`a repetition of more than ${MOST_TIMES} times`);
    return { kind: "repeat", of: part, least: times.least, most: times.most };
  }

  #takes(mark: string): boolean {
    if (!this.#source.startsWith(mark, this.#at)) return false;
    this.#at += mark.length;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source) ?? undefined;
    if (match !== undefined) this.#at += match[0].length;
    return match;
  }

  #refusal(part: string): GptError {
    const kinds = "characters, classes, groups, |, repetitions, ^ and $";
    return new GptError(
      "usage",
      `${quote(part)} in a regular expression is not supported: it may have ${kinds}`,
    );
  }
}
