/** Options of generation -> settings: every value is there and inside its range. */

import {
  checkOptions,
  flag,
  number,
  oneOf,
  type Rule,
  seedRule,
  show,
  signalRule,
  wholeFrom,
  wholeTo,
} from "../../checks/rules.ts";
import { GptError } from "../../errors.ts";
import { randomSeed } from "../sampling/random.ts";
import type { GenerateOptions } from "./options.ts";

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
  lookup: 0,
  draftMax: 16,
  parseSpecial: false,
} as const satisfies Omit<Required<GenerateOptions>, "seed" | Absent>;

/** What is off where it is not given. */
const absent = { maxTime: undefined, logprobs: undefined, draft: undefined, signal: undefined };
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

const mass = number("a number above 0 and at most 1", (value) => value > 0 && value <= 1);

const texts: Rule = {
  expected: "a list of texts, none of them empty",
  holds: (value) => Array.isArray(value) && value.every((text) => typeof text === "string" && text !== ""),
};

const isModel = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "createSession" in value;

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
  logprobs: wholeTo(0, 20),
  promptLogprobs: flag,
  beams: wholeTo(1, 64),
  lengthPenalty: number("a finite number", () => true),
  earlyStopping: oneOf(true, false, "never"),
  lookup: wholeTo(0, 64),
  draft: { expected: "a model as loadModel gives it", holds: isModel },
  draftMax: wholeTo(1, 64),
  parseSpecial: flag,
  seed: seedRule,
  signal: signalRule,
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
  const checked = checkOptions(options, rules);
  const settings = { ...absent, seed: randomSeed(), ...defaults, ...advised, ...checked };
  checkBias(settings.logitBias, vocabSize);
  return settings;
}

/** These settings, and none of these ids is ever chosen. */
export const banIds = (settings: GenerateSettings, ids: readonly number[]): GenerateSettings => ({
  ...settings,
  logitBias: new Map([...settings.logitBias, ...ids.map((id) => [id, -Infinity] as const)]),
});

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
