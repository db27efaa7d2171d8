/** Rules for values: the same for options, flags, JSON fields and metadata. A rule says what it expects. */
import { inspect } from "node:util";
import { GptError } from "../errors.ts";
import { OptionError, optionNamed } from "./option-error.ts";

export interface Rule {
  /** Completes "must be ...". */
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

export const number = (expected: string, holds: (value: number) => boolean): Rule => ({
  expected,
  holds: (value) => typeof value === "number" && Number.isFinite(value) && holds(value),
});

export const fromZero = number("a number from 0", (value) => value >= 0);

export const between = (least: number, most: number): Rule =>
  number(`a number from ${least} to ${most}`, (value) => value >= least && value <= most);

export const wholeFrom = (least: number): Rule =>
  number(`a whole number from ${least}`, (value) => Number.isSafeInteger(value) && value >= least);

export const wholeTo = (least: number, most: number): Rule =>
  number(
    `a whole number from ${least} to ${most}`,
    (value) => Number.isInteger(value) && value >= least && value <= most,
  );

export const flag: Rule = { expected: "true or false", holds: (value) => typeof value === "boolean" };

export const oneOf = (...choices: readonly unknown[]): Rule => ({
  expected: choices.map(show).join(" or "),
  holds: (value) => choices.includes(value),
});

/** An unsigned 32-bit integer. */
export const seedRule = number(
  "a whole number from 0 to 4294967295",
  (value) => value >= 0 && value === value >>> 0,
);

export const signalRule: Rule = {
  expected: "an AbortSignal",
  holds: (value) => value instanceof AbortSignal,
};

const functionRule: Rule = { expected: "a function", holds: (value) => typeof value === "function" };

/** Rules for the signal and the progress callback of a long call. */
export const progressRules = { signal: signalRule, onProgress: functionRule };

export const textRule: Rule = { expected: "a text", holds: (value) => typeof value === "string" };

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** The model checks whether it has tokens with these ids. */
export const idListRule: Rule = {
  expected: "a list of token ids",
  holds: (value) => isObject(value) && Symbol.iterator in value,
};

export const objectRule: Rule = { expected: "an object", holds: isObject };

export const promptRule: Rule = {
  expected: `${textRule.expected} or ${idListRule.expected}`,
  holds: (value) => textRule.holds(value) || idListRule.holds(value),
};

/** @throws GptError `usage` for a value that breaks the rule */
export function checkValue(name: string, value: unknown, { expected, holds }: Rule): void {
  if (!holds(value)) throw new OptionError("usage", `${name} must be ${expected}, found ${show(value)}`);
}

/**
 * The options that are given and not undefined.
 * @throws GptError `usage` for a value outside its range and for an option that does not exist
 */
export function checkOptions<Options extends object>(
  options: Options,
  rules: Readonly<Record<keyof Options & string, Rule>>,
): Partial<Options> {
  refuseUnknown(options, Object.keys(rules));
  const given = Object.entries(options).filter(([, value]: [string, unknown]) => value !== undefined);
  for (const [name, value] of given) {
    checkValue(optionNamed(name), value, rules[name as keyof Options & string]);
  }
  return Object.fromEntries(given) as Partial<Options>;
}

/** @throws GptError `usage` for a signal or a progress callback of another type */
export function checkProgress(options: Partial<Record<keyof typeof progressRules, unknown>>): void {
  const { signal, onProgress } = options;
  checkOptions({ signal, onProgress }, progressRules);
}

/** @throws GptError `usage` if `options` is no object, and for the first option with another name */
export function refuseUnknown(options: object, names: readonly string[]): void {
  checkValue("options", options, objectRule);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new GptError("usage", `there is no option ${show(unknown)}: the options are ${names.join(", ")}`);
}

/** A value on one short line. */
export function show(value: unknown): string {
  return inspect(value, { breakLength: Infinity, depth: 0, maxArrayLength: 5, maxStringLength: 40 });
}
