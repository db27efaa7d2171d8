/** Sampling flags. Each sets one field of GenerateOptions; ranges and defaults are the library's. */

import { GptError } from "../../errors.ts";
import type { GenerateOptions } from "../../generate/options/options.ts";
import { defaults, rules } from "../../generate/options/settings.ts";
import { expected, type Flag, flagGroup, list, type Names, number, oneOf, toggle, value } from "./flags.ts";
import { constraintFlags } from "./grammar/flags.ts";
import type { ParsedFlags } from "./parsed-flags.ts";
import { duration } from "./values/duration.ts";

const biases = list(logitBias, "Add to the logit of a token: 15043+1, 15043-0.5; 15043-inf bans it");

/** In the order of --help. `option` is the field that a flag sets. */
export const samplingFlags = {
  ...flagGroup("Sampling:", {
    temp: setting("temperature", "Temperature; 0: the likeliest token", { synonyms: ["temperature"] }),
    "top-k": setting("topK", "Keep the K likeliest tokens; 0: all"),
    "top-p": setting("topP", "Keep the likeliest tokens that make up this probability; 1: all"),
    "min-p": setting("minP", "Keep tokens at least this likely, relative to the likeliest; 0: all"),
    typical: setting("typicalP", "Keep the most typical tokens that make up this probability; 1: all", {
      synonyms: ["typical-p"],
    }),
    "repeat-penalty": setting("repeatPenalty", "Divide the logits of recent tokens; 1: off", {
      synonyms: ["repetition-penalty"],
    }),
    "presence-penalty": setting("presencePenalty", "Subtract from the logits of recent tokens"),
    "frequency-penalty": setting("frequencyPenalty", "The same, for each time they occurred"),
    "repeat-last-n": setting("repeatLastN", "How many tokens are recent; -1: all"),
    "no-repeat-ngram-size": setting("noRepeatNgramSize", "No N tokens in a row occur twice; 0: off"),
    "logit-bias": option("logitBias", { ...biases, coerce: (given) => new Map(biases.coerce(given)) }),
    ban: option("ban", list(someText, "A text that must not appear")),
    seed: option("seed", value(number, "The same seed gives the same text [a random one]", { alias: "s" })),
  }),
  ...flagGroup("Grammar:", {
    grammar: option("grammar", constraintFlags.grammar),
    regex: option("regex", constraintFlags.regex),
    choices: option("choices", constraintFlags.choices),
    "json-schema": option("jsonSchema", constraintFlags["json-schema"]),
    "any-json": option("anyJson", constraintFlags["any-json"]),
  }),
  ...flagGroup("Beam search:", {
    beams: setting("beams", "Keep the N likeliest texts and write the best; 1: sampling", {
      synonyms: ["num-beams"],
    }),
    "length-penalty": setting("lengthPenalty", "Above 0 favours long texts, below 0 short ones"),
    "early-stopping": option(
      "earlyStopping",
      value(earlyStopping, `End with N finished texts: true, false or never [${defaults.earlyStopping}]`),
    ),
  }),
  ...flagGroup("Speculation:", {
    lookup: setting("lookup", "Guess up to N tokens where the text repeats itself; the text stays the same"),
    "draft-max": setting("draftMax", "Let --draft guess up to N tokens at a time", { synonyms: ["draft-n"] }),
  }),
  ...flagGroup("Length and stopping:", {
    "max-tokens": setting("maxTokens", "At most this many new tokens", {
      alias: "n",
      synonyms: ["max-new-tokens", "n-predict", "predict"],
    }),
    "min-tokens": setting("minTokens", "At least this many before the model may end the text", {
      synonyms: ["min-new-tokens"],
    }),
    stop: option(
      "stop",
      list(someText, "A text that ends the generation and is left out", {
        alias: "r",
        synonyms: ["reverse-prompt"],
      }),
    ),
    "ignore-eos": option("ignoreEos", toggle("Go on where the model would end the text")),
    "max-time": option("maxTime", value(duration, "End after 30s, 500ms, 1m30s or 1h [no limit]")),
    overflow: option(
      "overflow",
      value(
        oneOf("error", "truncate-left", "shift"),
        `Too long for the context: error, truncate-left (drop the prompt's start) or shift (go on with the younger half too) [${defaults.overflow}]`,
      ),
    ),
  }),
  ...flagGroup("Prompt:", {
    "parse-special": option("parseSpecial", toggle("<|endoftext|> and the like count as control tokens")),
    "source-lang": option(
      "sourceLanguage",
      value(
        someText,
        "Language of the text to translate, as the model's files name it: en_XX, eng_Latn, en",
        {
          synonyms: ["src-lang"],
        },
      ),
    ),
    "target-lang": option(
      "targetLanguage",
      value(someText, "Language to translate into: fr_XX, fra_Latn, fr, fra", { synonyms: ["tgt-lang"] }),
    ),
  }),
  ...flagGroup("Output:", {
    logprobs: option(
      "logprobs",
      value(number, "With --json the log-probability of every token and of the N likeliest; else as colours"),
    ),
  }),
};

/** The options of the flags that are given. */
export function generateOptions(args: ParsedFlags<typeof samplingFlags>): GenerateOptions {
  const options = Object.entries(samplingFlags).map(([name, { option }]) => [option, args[name]] as const);
  return Object.fromEntries(options.filter(([, value]) => value !== undefined));
}

/** A flag that sets a field. Its value is checked at once, before a model is loaded. */
function option<Field extends keyof GenerateOptions, F extends OptionFlag<Field>>(option: Field, flag: F) {
  const { coerce } = flag;
  if (coerce === undefined) return { ...flag, option };
  const checked: typeof coerce = (given) => {
    const parsed = coerce(given);
    checkOption(option, parsed);
    return parsed;
  };
  return { ...flag, option, coerce: checked };
}

/** The meaning of -1 in other tools, and its equivalent here. */
const otherThanMinusOne: Partial<Readonly<Record<keyof GenerateOptions, string>>> = {
  maxTokens: "a large number such as 1000000 goes on until the context is full",
  seed: "leave it out for a random one",
  topK: "0 keeps all",
};

/**
 * @throws GptError `usage` for a value that the library would refuse, in words that do for flags and JSON too
 */
export function checkOption(option: keyof GenerateOptions, value: unknown): void {
  const { expected: range, holds } = rules[option];
  if (holds(value)) return;
  const { code, message } = expected(range, value);
  const advice = value === -1 ? otherThanMinusOne[option] : undefined;
  throw new GptError(code, advice === undefined ? message : `${message}; ${advice}`);
}

type OptionFlag<Field extends keyof GenerateOptions> = Flag & {
  readonly coerce?: (given: string | readonly string[]) => GenerateOptions[Field];
};

/** A flag for a number that has a default. */
function setting(field: keyof typeof defaults & NumberField, describe: string, names: Names = {}) {
  return option(field, value(number, `${describe} [${defaults[field]}]`, names));
}

/** The fields of GenerateOptions that are numbers. */
type NumberField = {
  [Name in keyof GenerateOptions]-?: number extends GenerateOptions[Name] ? Name : never;
}[keyof GenerateOptions];

function logitBias(given: string): readonly [id: number, bias: number] {
  const [, id, bias] = /^(\d+)([+-](?:\d+\.?\d*|\.\d+|inf))$/.exec(given) ?? [];
  if (id === undefined || bias === undefined || bias === "+inf") {
    throw expected("ID+BIAS, ID-BIAS or ID-inf", given);
  }
  return [Number(id), Number(bias.replace("inf", "Infinity"))];
}

function someText(given: string): string {
  if (given === "") throw expected("a text that is not empty", given);
  return given;
}

function earlyStopping(given: string): boolean | "never" {
  const choice = oneOf("true", "false", "never")(given);
  return choice === "never" ? choice : choice === "true";
}
