/**
 * The command line as people type it -> what is given for each flag.
 *
 * Everything here is a case in which yargs-parser would take text for something else: a value that starts with a
 * dash or wears quotes, text after `--`, a prompt that reads `help`. It is also where `_` becomes `-`, other tools'
 * names become ours, a text `-` becomes standard input, and an unknown flag is answered with the nearest known one.
 */

import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import { nameOf, type Verb } from "../verbs.ts";
import { closest } from "./closest.ts";
import { type Flags, inheritable, longName, longNames } from "./flags.ts";
import type { Givens } from "./given.ts";

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

/**
 * Reads what follows the verb.
 *
 * @param usage the verb and what may stand without a flag
 * @throws GptError `usage` for an unknown flag, a missing value, and words too many
 */
export function givenByArguments(argv: readonly string[], usage: string, flags: Flags): Givens {
  return new CommandLine(argv, usage, flags).read();
}

/** What a typed name says: a flag, and with a shorthand its value; or a switch that is taken back. */
interface Meaning {
  readonly name: string;
  readonly value?: string;
  readonly off?: boolean;
}

class CommandLine {
  readonly #verb: string;
  readonly #positionals: readonly string[];
  readonly #flags: Flags;
  /** `--temp`, `--temperature`, `-n`, `--no-color`. */
  readonly #meanings: ReadonlyMap<string, Meaning>;
  readonly #arguments: ArrayIterator<string>;
  /** What `-` gives its value to where it stands alone. */
  readonly #dash: string | undefined;
  readonly #values = new Map<string, string[]>();

  constructor(argv: readonly string[], usage: string, flags: Flags) {
    const [verb = "", ...positionals] = usage.split(" ");
    this.#verb = verb;
    this.#positionals = positionals;
    this.#flags = flags;
    this.#meanings = new Map(meanings(flags));
    this.#arguments = argv.values();
    this.#dash = flags[nameOfPositional(positionals[0])]?.dash;
  }

  read(): Givens {
    const words: string[] = [];
    const dashes: string[] = [];
    for (const argument of this.#arguments) {
      if (argument === "--") for (const word of this.#arguments) words.push(word);
      else if (argument === "-" && this.#dash !== undefined) dashes.push(this.#dash);
      else if (!isFlag(argument)) words.push(argument);
      else if (argument.startsWith("--")) this.#long(argument);
      else this.#short(argument);
    }
    for (const name of dashes) this.#addOnce(name, "-");
    this.#name(words);
    const givens = [...this.#values].map(
      ([name, values]) => [name, { origin: `--${name}`, values, inherited: false }] as const,
    );
    return new Map(givens);
  }

  /** `--name`, `--name value`, `--name=value`. */
  #long(argument: string): void {
    const end = argument.indexOf("=");
    const typed = end < 0 ? argument : argument.slice(0, end);
    this.#flag(longName(typed), end < 0 ? undefined : argument.slice(end + 1));
  }

  /** `-n 5`, `-n5`, `-n=5`, and switches together: `-qn5`. */
  #short(argument: string): void {
    if (this.#meanings.has(`-${longName(argument)}`)) throw this.#unknownFlag(argument);
    for (let at = 1; at < argument.length; at++) {
      const typed = `-${argument[at]}`;
      const attached = argument.slice(at + 1);
      if (this.#takesValue(typed)) {
        this.#flag(typed, attached === "" ? undefined : attached.replace(/^=/, ""));
        return;
      }
      this.#flag(typed);
    }
  }

  /** One flag; without an attached value it takes the next argument, unless that is a flag to the letter. */
  #flag(typed: string, attached?: string): void {
    const meaning = this.#meanings.get(typed);
    if (meaning === undefined) throw this.#unknownFlag(typed);
    if (this.#takesValue(typed)) {
      const value = attached ?? this.#next(typed);
      const { dash } = this.#flags[meaning.name] ?? {};
      if (dash !== undefined && value === "-") this.#addOnce(dash, value);
      else this.#add(meaning.name, value);
    } else if (attached !== undefined) {
      throw new GptError("usage", `${typed} takes no value, found ${quote(attached)}`);
    } else if (meaning.off) {
      this.#values.set(meaning.name, []);
    } else {
      this.#add(meaning.name, meaning.value ?? "");
    }
  }

  /** The argument that is a flag's value. */
  #next(typed: string): string {
    const value = this.#arguments.next().value;
    if (value === undefined) throw new GptError("usage", `${typed} needs a value`);
    if (!this.#meanings.has(value.startsWith("--") ? longName(value) : value)) return value;
    throw new GptError("usage", `${typed} needs a value, found ${value} (${typed}=${value} gives it that)`);
  }

  /** What stood without a flag, under the names of the verb's positionals. */
  #name(words: string[]): void {
    for (const positional of this.#positionals) {
      if (words.length === 0) return;
      const name = nameOfPositional(positional);
      const taken = words.splice(0, positional.includes("..") ? words.length : 1);
      if (this.#flags[name]?.repeatable) {
        for (const word of taken) this.#add(name, word);
        continue;
      }
      this.#addOnce(name, taken.join(" "));
    }
    if (words.length === 0) return;
    const advice = "text with spaces needs quotes";
    throw new GptError("usage", `gpt ${this.#verb}: unexpected ${quote(words.join(" "))}; ${advice}`);
  }

  #addOnce(name: string, value: string): void {
    if (this.#values.has(name)) throw new GptError("usage", `--${name} is given twice: ${quote(value)} too`);
    this.#add(name, value);
  }

  #add(name: string, value: string): void {
    const values = this.#values.get(name);
    if (values) values.push(value);
    else this.#values.set(name, [value]);
  }

  #takesValue(typed: string): boolean {
    const { name = "", value } = this.#meanings.get(typed) ?? {};
    return value === undefined && this.#flags[name]?.type === "string";
  }

  #unknownFlag(typed: string): GptError {
    const near = typed.length > 2 ? closest(typed, this.#meanings.keys()) : undefined;
    const page = this.#verb === "" ? "gpt --help" : `gpt ${this.#verb} --help`;
    const advice = near ? `did you mean ${near}?` : `see ${page}; text that starts with a dash goes after --`;
    return new GptError("usage", `unknown flag ${typed}: ${advice}`);
  }
}

/** `[prompt]` and `[ids..]` without what says how they are given. */
const nameOfPositional = (positional = ""): string => positional.replace(/\W/g, "");

/** Everything that may be typed for a flag. A switch that may be on by the environment or a file can be taken back. */
function* meanings(flags: Flags): Generator<readonly [typed: string, meaning: Meaning]> {
  for (const [name, { type }] of Object.entries(inheritable(flags))) {
    if (type !== "string")
      yield [name.startsWith("no-") ? `--${name.slice(3)}` : `--no-${name}`, { name, off: true }];
  }
  for (const [name, { alias, shorthands = {} }] of Object.entries(flags)) {
    for (const [long, value] of Object.entries(shorthands)) yield [`--${long}`, { name, value }];
    if (alias !== undefined) yield [`-${alias}`, { name }];
  }
  for (const [long, name] of longNames(flags)) yield [`--${long}`, { name }];
}
