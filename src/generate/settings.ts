/** Options of generation -> settings: every value is there and inside its range. */
import { inspect } from "node:util";
import { GptError } from "../errors.ts";
import type { GenerateOptions } from "./options.ts";
import { randomSeed } from "./random.ts";

/** What generation does where nothing is said. The seed is random then, and there is no signal. */
export const defaults = {
  maxTokens: 128,
  temperature: 0.8,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  typicalP: 1,
  repeatPenalty: 1,
  repeatLastN: 64,
  presencePenalty: 0,
  frequencyPenalty: 0,
  noRepeatNgramSize: 0,
  logitBias: new Map(),
  ban: [],
  stop: [],
  ignoreEos: false,
  overflow: "error",
  promptLogprobs: false,
  beams: 1,
  lengthPenalty: 1,
  earlyStopping: false,
  parseSpecial: false,
} as const satisfies Omit<Required<GenerateOptions>, "seed" | Absent>;

/** What is off where it is not given. */
const absent = { maxTime: undefined, logprobs: undefined, signal: undefined };
type Absent = keyof typeof absent;

export type GenerateSettings = Readonly<Required<Omit<GenerateOptions, Absent>>> & {
  readonly [Name in Absent]: GenerateOptions[Name] | undefined;
};

/** What the choice of a token depends on, beside logits and history. */
export type SamplingSettings = Pick<
  GenerateSettings,
  | "temperature"
  | "topK"
  | "topP"
  | "minP"
  | "typicalP"
  | "repeatPenalty"
  | "repeatLastN"
  | "presencePenalty"
  | "frequencyPenalty"
  | "noRepeatNgramSize"
  | "logitBias"
  | "seed"
>;

interface Rule {
  /** Completes "must be ...". */
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const number = (expected: string, holds: (value: number) => boolean): Rule => ({
  expected,
  holds: (value) => typeof value === "number" && Number.isFinite(value) && holds(value),
});

const wholeFrom = (least: number): Rule =>
  number(`a whole number from ${least}`, (value) => Number.isSafeInteger(value) && value >= least);

const mass = number("a number above 0 and at most 1", (value) => value > 0 && value <= 1);

const texts: Rule = {
  expected: "a list of texts, none of them empty",
  holds: (value) => Array.isArray(value) && value.every((text) => typeof text === "string" && text !== ""),
};

const flag: Rule = { expected: "true or false", holds: (value) => typeof value === "boolean" };

const oneOf = (...choices: readonly unknown[]): Rule => ({
  expected: choices.map(show).join(" or "),
  holds: (value) => choices.includes(value),
});

/** The range of every option. */
export const rules: Readonly<Record<keyof GenerateOptions, Rule>> = {
  maxTokens: wholeFrom(0),
  temperature: number("a number from 0", (value) => value >= 0),
  topK: wholeFrom(0),
  topP: mass,
  minP: number("a number from 0 to 1", (value) => value >= 0 && value <= 1),
  typicalP: mass,
  repeatPenalty: number("a number above 0", (value) => value > 0),
  repeatLastN: wholeFrom(-1),
  presencePenalty: number("a finite number", () => true),
  frequencyPenalty: number("a finite number", () => true),
  noRepeatNgramSize: wholeFrom(0),
  logitBias: { expected: "a Map of token ids and numbers", holds: (value) => value instanceof Map },
  ban: texts,
  stop: texts,
  ignoreEos: flag,
  maxTime: number("a number of seconds above 0 and at most 1000000", (value) => value > 0 && value <= 1e6),
  overflow: oneOf("error", "truncate-left", "shift"),
  logprobs: number(
    "a whole number from 0 to 20",
    (value) => Number.isInteger(value) && value >= 0 && value <= 20,
  ),
  promptLogprobs: flag,
  beams: number(
    "a whole number from 1 to 64",
    (value) => Number.isInteger(value) && value >= 1 && value <= 64,
  ),
  lengthPenalty: number("a finite number", () => true),
  earlyStopping: oneOf(true, false, "never"),
  parseSpecial: flag,
  seed: number("a whole number from 0 to 4294967295", (value) => value >= 0 && value === value >>> 0),
  signal: { expected: "an AbortSignal", holds: (value) => value instanceof AbortSignal },
};

/**
 * Checks the options and puts the defaults where one is missing or undefined.
 * @param vocabSize how many tokens the model has: `logitBias` may name the ids below
 * @param advised options that the model's files set, checked already: they go before the defaults
 * @throws GptError `usage` for a value outside its range and for an option that does not exist
 */
export function resolveSettings(
  options: GenerateOptions,
  vocabSize: number,
  advised: GenerateOptions = {},
): GenerateSettings {
  refuseUnknown(options, Object.keys(rules));
  const given = Object.entries(options).filter(([, value]: [string, unknown]) => value !== undefined);
  for (const [name, value] of given) {
    const { expected, holds } = rules[name as keyof GenerateOptions];
    if (!holds(value)) throw new GptError("usage", `${name} must be ${expected}, found ${show(value)}`);
  }
  const checked: GenerateOptions = Object.fromEntries(given);
  const settings = { ...absent, seed: randomSeed(), ...defaults, ...advised, ...checked };
  checkBias(settings.logitBias, vocabSize);
  return settings;
}

/** These settings, and none of these ids is ever chosen. */
export const banIds = (settings: GenerateSettings, ids: readonly number[]): GenerateSettings => ({
  ...settings,
  logitBias: new Map([...settings.logitBias, ...ids.map((id) => [id, -Infinity] as const)]),
});

/** @throws GptError `usage` for the first option that has none of these names */
export function refuseUnknown(options: object, names: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new GptError("usage", `there is no option ${show(unknown)}: the options are ${names.join(", ")}`);
}

function checkBias(logitBias: ReadonlyMap<unknown, unknown>, vocabSize: number): void {
  for (const [id, bias] of logitBias) {
    if (!Number.isInteger(id) || Number(id) < 0 || Number(id) >= vocabSize) {
      const message = `logitBias names token ${show(id)}: this model's ids go from 0 to ${vocabSize - 1}`;
      throw new GptError("usage", message);
    }
    if (typeof bias !== "number" || !(bias < Infinity)) {
      const message = `logitBias of token ${id} must be a finite number or -Infinity, found ${show(bias)}`;
      throw new GptError("usage", message);
    }
  }
}

/** A value on one short line. */
function show(value: unknown): string {
  return inspect(value, { breakLength: Infinity, depth: 0, maxArrayLength: 5, maxStringLength: 40 });
}
