/**
 * GBNF, the grammars of llama.cpp (grammars/README.md there): `name ::= alternatives`, with texts in quotes,
 * character classes, groups and repetitions. The rule `root` is the whole text.
 */
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import { type CodePoints, codePoints, complement } from "../grammar/code-points.ts";
import {
  anyCharacter,
  character,
  choice,
  type Expression,
  type Grammar,
  literal,
  repeat,
  rule,
  sequence,
} from "../grammar/expression.ts";
import { MOST_TIMES, repetitionAt, timesOf } from "./repetition.ts";

/** Groups inside each other. Only an attack has more. */
const MOST_DEPTH = 200;
const NAME = /[A-Za-z0-9_-]+/y;
const BLANKS = /(?:[ \t]|#[^\r\n]*)*/y;
const BLANK_LINES = /(?:[ \t\r\n]|#[^\r\n]*)*/y;
const TIMES = /\{[ \t]*(\d{1,9})[ \t]*(,[ \t]*(\d{1,9})?[ \t]*)?\}/y;
const ESCAPE = /\\(?:x([\dA-Fa-f]{2})|u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|(.))/suy;
const ONE = /[^\\]/suy;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ...['"', "\\", "[", "]", "^", "-", "/", "'"].map((mark) => [mark, mark] as const),
]);

/** @throws GptError `usage` with the line for a text that is no grammar, and for what is not supported */
export function parseGbnf(text: string): Grammar {
  const rules = new Parser(text).rules();
  if (!rules.has("root")) {
    throw new GptError("usage", "the grammar has no rule root, which is the whole text: add root ::= ...");
  }
  return { rules, root: "root" };
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  readonly #called = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
  }

  rules(): Map<string, Expression> {
    const rules = new Map<string, Expression>();
    for (this.#skip(BLANK_LINES); this.#at < this.#text.length; this.#skip(BLANK_LINES)) {
      const name = this.#match(NAME)?.[0];
      if (name === undefined) throw this.#fault("expected the name of a rule");
      this.#skip(BLANKS);
      if (!this.#takes("::=")) throw this.#fault(`expected ::= after ${name}`);
      if (rules.has(name)) throw this.#fault(`the rule ${name} is there twice`);
      this.#skip(BLANK_LINES);
      rules.set(name, this.#alternatives());
      this.#skip(BLANKS);
      if (this.#at < this.#text.length && !/[\r\n]/.test(this.#next))
        throw this.#fault("expected the end of the rule");
    }
    for (const [name, at] of this.#called)
      if (!rules.has(name)) throw this.#fault(`there is no rule ${name}`, at);
    return rules;
  }

  get #next(): string {
    return this.#text[this.#at] ?? "";
  }

  #alternatives(): Expression {
    if (++this.#depth > MOST_DEPTH) throw this.#fault(`more than ${MOST_DEPTH} groups are inside each other`);
    const options = [this.#sequence()];
    while (this.#takes("|")) {
      this.#skip(BLANK_LINES);
      options.push(this.#sequence());
    }
    this.#depth--;
    return choice(...options);
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    for (;;) {
      this.#skip(this.#depth > 1 ? BLANK_LINES : BLANKS);
      const part = this.#part();
      if (part === undefined) return sequence(...parts);
      parts.push(this.#repeated(part));
    }
  }

  #part(): Expression | undefined {
    if (this.#takes('"'))
      return literal(
        this.#characters('"')
          .map((code) => String.fromCodePoint(code))
          .join(""),
      );
    if (this.#takes("[")) return character(this.#class());
    if (this.#takes(".")) return anyCharacter;
    if (this.#takes("(")) {
      this.#skip(BLANK_LINES);
      const group = this.#alternatives();
      this.#skip(BLANK_LINES);
      if (!this.#takes(")")) throw this.#fault("expected )");
      return group;
    }
    if (this.#next === "<" || this.#next === "!") {
      throw this.#fault("tokens as <name>, <[id]> and !<name> are not supported: write their text in quotes");
    }
    const at = this.#at;
    const name = this.#match(NAME)?.[0];
    if (name === undefined) return undefined;
    if (!this.#called.has(name)) this.#called.set(name, at);
    return rule(name);
  }

  #repeated(part: Expression): Expression {
    let repeated = part;
    for (;;) {
      const times = repetitionAt(this.#text, this.#at, TIMES);
      if (times === undefined) return repeated;
      this.#at += times.length;
      const { least, most } = times;
      if (least > most) throw this.#fault(`a repetition from ${least} to ${most} has no length`);
      if (timesOf(times) > MOST_TIMES) throw this.#fault(`a repetition goes to ${MOST_TIMES} times at most`);
      repeated = repeat(repeated, least, most);
    }
  }

  #class(): CodePoints {
    const isNegated = this.#takes("^");
    const ranges: [number, number][] = [];
    while (!this.#takes("]")) {
      const first = this.#character();
      const isRange = this.#next === "-" && this.#text[this.#at + 1] !== "]";
      if (isRange) this.#at++;
      const last = isRange ? this.#character() : first;
      if (first > last) throw this.#fault("a range of characters goes backwards");
      ranges.push([first, last]);
    }
    const set = codePoints(ranges);
    return isNegated ? complement(set) : set;
  }

  #characters(end: string): number[] {
    const codes: number[] = [];
    while (!this.#takes(end)) codes.push(this.#character());
    return codes;
  }

  #character(): number {
    if (this.#at >= this.#text.length) throw this.#fault('expected " or ] before the end');
    const plain = this.#match(ONE)?.[0];
    if (plain !== undefined) return plain.codePointAt(0) as number;
    const escaped = this.#match(ESCAPE);
    if (escaped === undefined) throw this.#fault("expected a character after \\");
    const [, two, four, eight, mark] = escaped;
    const digits = two ?? four ?? eight;
    const code = digits === undefined ? ESCAPES.get(mark ?? "")?.codePointAt(0) : Number.parseInt(digits, 16);
    if (code === undefined) throw this.#fault(`\\${mark} is no escape`);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw this.#fault("an escape is no character");
    return code;
  }

  #takes(mark: string): boolean {
    if (!this.#text.startsWith(mark, this.#at)) return false;
    this.#at += mark.length;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match !== undefined) this.#at += match[0].length;
    return match;
  }

  #skip(pattern: RegExp): void {
    this.#match(pattern);
  }

  #fault(problem: string, at = this.#at): GptError {
    const line = this.#text.slice(0, at).split("\n").length;
    const found = at < this.#text.length ? quote(this.#text.slice(at, at + 20)) : "the end";
    return new GptError("usage", `line ${line} of the grammar: ${problem}, found ${found}`);
  }
}
