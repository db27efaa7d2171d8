/**
 * The kinds of flags, as yargs options: a switch, a flag with a value, a repeatable one. A value is checked where it
 * is read, and an error names the flag. No flag has a default here: what is not given is left to the library.
 */
import type { Options } from "yargs";
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";

/** A yargs option, and the names that other tools use for it. */
export interface Flag extends Options {
  readonly type: "string" | "boolean";
  readonly describe: string;
  readonly alias?: string;
  readonly synonyms?: readonly string[];
}

export type Flags = Readonly<Record<string, Flag>>;

export type Names = Pick<Flag, "alias" | "synonyms">;

/** What yargs hands over: an array when the flag was repeated. */
type Given = string | readonly string[];

export const toggle = (describe: string, names: Names = {}) =>
  ({ ...names, describe, type: "boolean" }) as const;

/** A flag with one value; the last one given counts. */
export const value = <T>(parse: (text: string) => T, describe: string, names: Names = {}) => {
  const coerce = (given: Given): T => parse(typeof given === "string" ? given : (given.at(-1) ?? ""));
  return { ...names, describe, type: "string", nargs: 1, coerce } as const;
};

/** A flag that may be given several times. */
export const list = <T>(parse: (text: string) => T, describe: string, names: Names = {}) => {
  const coerce = (given: Given): T[] => [given].flat().map(parse);
  return { ...names, describe: `${describe} (repeatable)`, type: "string", nargs: 1, coerce } as const;
};

/** Flags that stand together in --help; their errors begin with their names. */
export function flagGroup<const F extends Flags>(group: string, flags: F): F {
  const entries = Object.entries(flags).map(([name, flag]) => {
    const { coerce } = flag;
    return [name, coerce ? { ...flag, group, coerce: naming(`--${name}`, coerce) } : { ...flag, group }];
  });
  return Object.fromEntries(entries) as F;
}

/** Puts the name of what is read in front of what is wrong with it. */
export const naming =
  <From, To>(name: string, parse: (given: From) => To) =>
  (given: From): To => {
    try {
      return parse(given);
    } catch (error) {
      throw error instanceof GptError ? new GptError(error.code, `${name}: ${error.message}`) : error;
    }
  };

/** Flags of every verb. */
export const commonFlags = flagGroup("Other:", {
  help: toggle("Show this help", { alias: "h" }),
  version: toggle("Show the version", { alias: "V" }),
  debug: toggle("Show where an error comes from"),
});

export const text = (value: string): string => value;

export function number(value: string): number {
  const parsed = Number(value);
  if (value.trim() === "" || Number.isNaN(parsed)) throw expected("a number", value);
  return parsed;
}

export const integer =
  (least: number) =>
  (value: string): number => {
    const parsed = number(value);
    if (!Number.isSafeInteger(parsed) || parsed < least)
      throw expected(`a whole number from ${least}`, value);
    return parsed;
  };

export const oneOf =
  <const T extends string>(...choices: readonly T[]) =>
  (value: string): T => {
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw expected(choices.join(", "), value);
    return choice;
  };

export const expected = (what: string, found: string): GptError =>
  new GptError("usage", `expected ${what}, found ${quote(found)}`);
