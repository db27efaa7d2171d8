/** Flags of generation: each says one field of GenerateOptions, whose ranges and defaults are the library's. */
import type { GenerateOptions } from "../../generate/options.ts";
import { defaults, resolveSettings } from "../../generate/settings.ts";
import type { Arguments } from "../command.ts";
import { expected, flagGroup, list, type Names, number, text, value } from "./flags.ts";

export const samplingFlags = flagGroup("Sampling:", {
  "max-tokens": setting("maxTokens", "At most this many new tokens", {
    alias: "n",
    synonyms: ["max-new-tokens", "n-predict", "predict"],
  }),
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
  "logit-bias": list(logitBias, "Add to the logit of a token: 15043+1, 15043-0.5; 15043-inf bans it"),
  ban: list(text, "A text that must not appear"),
  stop: list(text, "A text that ends the generation and is left out", {
    alias: "r",
    synonyms: ["reverse-prompt"],
  }),
  seed: value(checked("seed"), "The same seed gives the same text [a random one]", { alias: "s" }),
});

/** What the flags ask for; what was not given is left out. */
export function generateOptions(args: Arguments<typeof samplingFlags>): GenerateOptions {
  const options = {
    maxTokens: args.maxTokens,
    temperature: args.temp,
    topK: args.topK,
    topP: args.topP,
    minP: args.minP,
    typicalP: args.typical,
    repeatPenalty: args.repeatPenalty,
    repeatLastN: args.repeatLastN,
    presencePenalty: args.presencePenalty,
    frequencyPenalty: args.frequencyPenalty,
    noRepeatNgramSize: args.noRepeatNgramSize,
    logitBias: args.logitBias && new Map(args.logitBias),
    ban: args.ban,
    stop: args.stop,
    seed: args.seed,
  };
  const given = Object.entries(options).filter(([, value]: [string, unknown]) => value !== undefined);
  return Object.fromEntries(given);
}

/** A flag for a number that has a default. */
function setting(field: keyof typeof defaults & NumberField, describe: string, names: Names = {}) {
  return value(checked(field), `${describe} [${defaults[field]}]`, names);
}

/** Checked as it is read, not after a model was loaded. */
function checked(field: NumberField) {
  return (given: string): number => {
    const parsed = number(given);
    resolveSettings({ [field]: parsed }, Number.MAX_SAFE_INTEGER);
    return parsed;
  };
}

/** The fields of GenerateOptions that are numbers. */
type NumberField = {
  [Name in keyof GenerateOptions]-?: number extends GenerateOptions[Name] ? Name : never;
}[keyof GenerateOptions];

function logitBias(given: string): readonly [id: number, bias: number] {
  const [, id, bias] = /^(\d+)([+-](?:\d+\.?\d*|\.\d+|inf))$/.exec(given) ?? [];
  if (id === undefined || bias === undefined) throw expected("ID+BIAS or ID-BIAS", given);
  return [Number(id), Number(bias.replace("inf", "Infinity"))];
}
