/**
 * Settings of a generation: every option has a value inside its range. Their defaults, and the rule of each
 * option.
 */

import {
  between,
  flag,
  number,
  oneOf,
  type Rule,
  seedRule,
  signalRule,
  textRule,
  wholeFrom,
  wholeTo,
} from "../../checks/rules.ts";
import { isStructure } from "../../constrain/notations/structure.ts";
import { isJsonObject } from "../../files/json.ts";
import type { GenerateOptions } from "./options.ts";

/** Values of options that are not given. The seed is random then, and there is no signal. */
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
  anyJson: false,
  ignoreEos: false,
  minTokens: 0,
  overflow: "error",
  promptLogprobs: false,
  beams: 1,
  lengthPenalty: 1,
  earlyStopping: false,
  lookup: 0,
  draftMax: 16,
  parseSpecial: false,
} as const satisfies Omit<Required<GenerateOptions>, "seed" | Absent>;

/** Options that are off unless they are given. */
export const absent = {
  grammar: undefined,
  regex: undefined,
  choices: undefined,
  jsonSchema: undefined,
  structure: undefined,
  maxTime: undefined,
  logprobs: undefined,
  draft: undefined,
  sourceLanguage: undefined,
  targetLanguage: undefined,
  signal: undefined,
};
type Absent = keyof typeof absent;

export type GenerateSettings = Readonly<Required<Omit<GenerateOptions, Absent>>> & {
  readonly [Name in Absent]: GenerateOptions[Name] | undefined;
};

/** Settings that the choice of a token depends on, beside logits and history. */
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

/** Beyond these a logit overflows 32 bits, and the model's weights would look damaged. */
const penalty = between(-1e6, 1e6);

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
  topP: between(0, 1),
  minP: between(0, 1),
  typicalP: between(0, 1),
  repeatPenalty: between(1e-6, 1e6),
  repeatLastN: wholeFrom(-1),
  presencePenalty: penalty,
  frequencyPenalty: penalty,
  noRepeatNgramSize: wholeFrom(0),
  logitBias: { expected: "a Map of token ids and numbers", holds: (value) => value instanceof Map },
  ban: texts,
  stop: texts,
  grammar: textRule,
  regex: textRule,
  choices: {
    expected: "a list of texts, at least one and none of them empty",
    holds: (value) => texts.holds(value) && (value as readonly string[]).length > 0,
  },
  jsonSchema: {
    expected: "a JSON schema: an object, true or false",
    holds: (value) => typeof value === "boolean" || isJsonObject(value),
  },
  anyJson: flag,
  structure: { expected: 'a list of parts such as {"text": ".."}', holds: isStructure },
  ignoreEos: flag,
  minTokens: wholeFrom(0),
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
  sourceLanguage: textRule,
  targetLanguage: textRule,
  seed: seedRule,
  signal: signalRule,
};

/** The settings, with ids that are never chosen. */
export const banIds = (settings: GenerateSettings, ids: readonly number[]): GenerateSettings => ({
  ...settings,
  logitBias: new Map([...settings.logitBias, ...ids.map((id) => [id, -Infinity] as const)]),
});
