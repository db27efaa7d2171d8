/**
 * Kinds of flags: a switch, a counting switch, a flag with a value, a repeatable flag. Each flag checks its
 * value. Flags have no defaults: the library has them.
 */
import type { Options } from "yargs";
import { type Rule, wholeFrom } from "../../checks/rules.ts";
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";

/** A flag: a yargs option with more names and facts. */
export interface Flag extends Options {
  readonly type: "string" | "boolean" | "count";
  readonly describe: string;
  readonly alias?: string;
  /** The names that other tools use for it. */
  readonly synonyms?: readonly string[];
  /** Names that stand for it with a value: `--no-color` for `--color never`. */
  readonly shorthands?: Readonly<Record<string, string>>;
  /** False for flags of the command line alone, such as a prompt or --help. */
  readonly inherited?: boolean;
  /** The flag that gets a value `-`: the text then comes from standard input. */
  readonly dash?: string;
  readonly repeatable?: boolean;
  readonly completion?: Completion;
}

/** Words that a shell offers for a value: a list, files, or names of models. */
export type Completion = readonly string[] | "file" | "model";

export type Flags = Readonly<Record<string, Flag>>;

export type Names = Pick<Flag, "alias" | "synonyms" | "shorthands" | "inherited" | "dash">;

/** Reads a value. Its errors say what was expected and found. */
export interface Parse<T> {
  (text: string): T;
  readonly completion?: Completion;
}

/** One text, or several of a repeated flag. */
type Given = string | readonly string[];

export const toggle = (describe: string, names: Names = {}) =>
  ({ ...names, describe, type: "boolean" }) as const;

/** A switch whose repetitions count: `-vv` is 2. */
export const count = (describe: string, names: Names = {}) =>
  ({ ...names, describe, type: "count" }) as const;

/** A flag with one value; the last one given counts. */
export const value = <T>(parse: Parse<T>, describe: string, names: Names = {}) => {
  const coerce = (given: Given): T => parse(typeof given === "string" ? given : (given.at(-1) ?? ""));
  return { ...names, ...completionOf(parse), describe, type: "string", nargs: 1, coerce } as const;
};

/** A flag that may be given several times. */
export const list = <T>(parse: Parse<T>, describe: string, names: Names = {}) => {
  const coerce = (given: Given): T[] => [given].flat().map(parse);
  const repeated = { describe: `${describe} (repeatable)`, repeatable: true };
  return { ...names, ...completionOf(parse), ...repeated, type: "string", nargs: 1, coerce } as const;
};

const completionOf = ({ completion }: Parse<unknown>): Pick<Flag, "completion"> =>
  completion === undefined ? {} : { completion };

/** Flags that stand together in --help. */
export function flagGroup<const F extends Flags>(group: string, flags: F): F {
  return mapFlags(flags, (flag) => ({ ...flag, group }));
}

function mapFlags<F extends Flags>(flags: F, change: (flag: Flag, name: string) => Flag): F {
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, change(flag, name)])) as F;
}

/** Puts a name in front of the errors of `parse`. */
export const naming =
  <From, To>(name: string, parse: (given: From) => To) =>
  (given: From): To => {
    try {
      return parse(given);
    } catch (error) {
      throw error instanceof GptError ? new GptError(error.code, `${name}: ${error.message}`) : error;
    }
  };

/** Flags that may come from the environment or a config file. */
export const inheritable = (flags: Flags): Flags =>
  Object.fromEntries(Object.entries(flags).filter(([, { inherited = true }]) => inherited));

/** Every long name, other tools' too, and the flag's own name that it stands for. */
export function longNames(flags: Flags): Map<string, string> {
  const entries = Object.entries(flags);
  const synonyms = entries.flatMap(([name, { synonyms = [] }]) => synonyms.map((synonym) => [synonym, name]));
  return new Map([...synonyms, ...entries.map(([name]) => [name, name])] as [string, string][]);
}

/** `_` is understood for `-`. */
export const longName = (typed: string): string => typed.replaceAll("_", "-");

export const text = (value: string): string => value;

const completed = (completion: Completion): Parse<string> =>
  Object.assign((value: string) => value, { completion });

/** The path of a file. */
export const path = completed("file");

/** The name or path of a model. */
export const modelPath = completed("model");

export function number(value: string): number {
  const parsed = Number(value);
  if (value.trim() === "" || Number.isNaN(parsed)) throw expected("a number", value);
  return parsed;
}

/** A number that keeps a rule of the library. */
export const numberBy =
  ({ expected: range, holds }: Rule) =>
  (value: string): number => {
    const parsed = number(value);
    if (!holds(parsed)) throw expected(range, value);
    return parsed;
  };

export const integer = (least: number): Parse<number> => numberBy(wholeFrom(least));

/** `Q8_0` is understood for `q8_0`. */
export const oneOf = <const T extends string>(...choices: readonly T[]): Parse<T> => {
  const parse = (value: string): T => {
    const typed = value.toLowerCase();
    const choice = choices.find((candidate) => [typed, longName(typed)].includes(candidate.toLowerCase()));
    if (choice === undefined) throw expected(choices.join(", "), value);
    return choice;
  };
  return Object.assign(parse, { completion: choices });
};

export const expected = (what: string, found: unknown): GptError =>
  new GptError("usage", `expected ${what}, found ${quote(found)}`);

/** Flags of every verb. */
export const commonFlags = flagGroup("Other:", {
  config: value(path, "A JSON file with flags and their values, for those not given otherwise"),
  help: toggle("Show this help", { alias: "h", inherited: false }),
  version: toggle("Show the version", { alias: "V", inherited: false }),
  debug: toggle("Show where an error comes from"),
});
