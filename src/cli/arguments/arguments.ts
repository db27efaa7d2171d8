/**
 * The command line as people type it -> the one form that yargs reads without guessing: `verb --flag value ...`.
 *
 * Everything here is a case in which yargs-parser would take text for something else: a value that starts with a
 * dash or wears quotes, text after `--`, a prompt that reads `help`. It is also where `_` becomes `-`, other tools'
 * names become ours, and an unknown flag is answered with the nearest known one.
 */

import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import { nameOf, type Verb } from "../verbs.ts";
import { closest } from "./closest.ts";
import { commonFlags, type Flags } from "./flags.ts";

/** A dash before anything but a letter is text: `-5`, `- item`, `---`. */
const isFlag = (argument: string): boolean => /^--?[a-z]/i.test(argument);

/**
 * Finds the verb: the first argument that is not a flag. One that follows a flag may be its value, unless it is a
 * verb. `help verb` is `verb --help`.
 *
 * @returns the arguments without it, and undefined where there is none
 * @throws GptError `usage` for a word that is no verb
 */
export function splitVerb(
  argv: readonly string[],
  verbs: readonly Verb[],
): { readonly verb: Verb | undefined; readonly rest: readonly string[] } {
  if (argv[0] === "help") return splitVerb([...argv.slice(1), "--help"], verbs);
  const find = (word: string | undefined) => verbs.find((verb) => nameOf(verb) === word);
  const at = argv.findIndex((argument, index) => {
    if (isFlag(argument) || argument === "--") return false;
    return !isFlag(argv[index - 1] ?? "") || find(argument) !== undefined;
  });
  const word = argv[at];
  if (word === undefined) return { verb: undefined, rest: argv };
  const verb = find(word);
  if (verb === undefined) throw unknownVerb(word, verbs.map(nameOf));
  return { verb, rest: [...argv.slice(0, at), ...argv.slice(at + 1)] };
}

function unknownVerb(word: string, names: readonly string[]): GptError {
  const near = closest(word, names);
  const advice = near ? `did you mean gpt ${near}?` : `to continue a text: gpt generate ${quote(word)}`;
  return new GptError("usage", `unknown command ${quote(word)}; ${advice}`);
}

/** @throws GptError `usage` for an unknown flag, a missing value, and words too many */
export function canonicalArguments(
  argv: readonly string[],
  { usage }: Pick<Verb, "usage">,
  flags: Flags,
): string[] {
  return [...new CommandLine(argv, usage, flags).read()];
}

class CommandLine {
  readonly #verb: string;
  readonly #positionals: readonly string[];
  readonly #flags: Flags;
  /** `--temp`, `--temperature`, `-n` -> the flag's own name. */
  readonly #names = new Map<string, string>();
  readonly #arguments: ArrayIterator<string>;
  readonly #given = new Set<string>();

  constructor(argv: readonly string[], usage: string, flags: Flags) {
    const [verb = "", ...positionals] = usage.split(" ");
    this.#verb = verb;
    this.#positionals = positionals;
    this.#flags = { ...flags, ...commonFlags };
    this.#arguments = argv.values();
    for (const [name, { alias, synonyms = [] }] of Object.entries(this.#flags)) {
      for (const long of [name, ...synonyms]) this.#names.set(`--${long}`, name);
      if (alias !== undefined) this.#names.set(`-${alias}`, name);
    }
  }

  *read(): Generator<string> {
    yield this.#verb;
    const words: string[] = [];
    for (const argument of this.#arguments) {
      if (argument === "--") for (const word of this.#arguments) words.push(word);
      else if (!isFlag(argument)) words.push(argument);
      else if (argument.startsWith("--")) yield* this.#long(argument);
      else yield* this.#short(argument);
    }
    yield* this.#name(words);
  }

  /** `--name`, `--name value`, `--name=value`. */
  *#long(argument: string): Generator<string> {
    const end = argument.indexOf("=");
    const typed = end < 0 ? argument : argument.slice(0, end);
    yield* this.#flag(typed.replaceAll("_", "-"), end < 0 ? undefined : argument.slice(end + 1));
  }

  /** `-n 5`, `-n5`, `-n=5`, and switches together: `-qn5`. */
  *#short(argument: string): Generator<string> {
    if (this.#names.has(`-${argument.replaceAll("_", "-")}`)) throw this.#unknownFlag(argument);
    for (let at = 1; at < argument.length; at++) {
      const typed = `-${argument[at]}`;
      const attached = argument.slice(at + 1);
      if (!this.#takesValue(typed)) yield* this.#flag(typed);
      else return yield* this.#flag(typed, attached === "" ? undefined : attached.replace(/^=/, ""));
    }
  }

  /** One flag; without an attached value it takes the next argument, whatever that looks like. */
  *#flag(typed: string, attached?: string): Generator<string> {
    const name = this.#names.get(typed);
    if (name === undefined) throw this.#unknownFlag(typed);
    this.#given.add(name);
    yield `--${name}`;
    if (this.#takesValue(typed)) {
      const value = attached ?? this.#arguments.next().value;
      if (value === undefined) throw new GptError("usage", `${typed} needs a value`);
      yield value;
    } else if (attached !== undefined) {
      throw new GptError("usage", `${typed} takes no value, found ${quote(attached)}`);
    }
  }

  /** What stood without a flag, under the names of the verb's positionals. */
  *#name(words: string[]): Generator<string> {
    for (const positional of this.#positionals) {
      if (words.length === 0) return;
      const name = positional.replace(/\W/g, "");
      const word = words.splice(0, positional.includes("..") ? words.length : 1).join(" ");
      if (this.#given.has(name)) throw new GptError("usage", `--${name} is given twice: ${quote(word)} too`);
      yield `--${name}`;
      yield word;
    }
    if (words.length === 0) return;
    const advice = "text with spaces needs quotes";
    throw new GptError("usage", `gpt ${this.#verb}: unexpected ${quote(words.join(" "))}; ${advice}`);
  }

  #takesValue(typed: string): boolean {
    return this.#flags[this.#names.get(typed) ?? ""]?.type === "string";
  }

  #unknownFlag(typed: string): GptError {
    const near = typed.length > 2 ? closest(typed, this.#names.keys()) : undefined;
    const advice = near
      ? `did you mean ${near}?`
      : `see gpt ${this.#verb} --help; text that starts with a dash goes after --`;
    return new GptError("usage", `unknown flag ${typed}: ${advice}`);
  }
}
