/**
 * The languages of a translation: the token of the source's stands in the source; that of the target begins
 * what the decoder writes (mBART-50, M2M100, NLLB), is what it starts from (mBART), or stands in the source
 * too (Marian).
 */
import { closest } from "../checks/closest.ts";
import { OptionError, optionNamed } from "../checks/option-error.ts";
import { quote } from "../files/quote.ts";
import type { ForcedIds } from "../generate/generation.ts";
import type { GenerateOptions } from "../generate/options/options.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { sourceIds, textIds } from "./text-ids.ts";

export interface LanguageOptions {
  readonly sourceLanguage?: string | undefined;
  readonly targetLanguage?: string | undefined;
}

/** Options that the ids of a prompt depend on. */
export interface PromptOptions extends Pick<GenerateOptions, "parseSpecial">, LanguageOptions {}

/** What a decoder starts from, and the ids that are forced. */
export interface DecoderStart {
  /** Undefined for a model without an encoder. */
  readonly startId: number | undefined;
  readonly forced: ForcedIds | undefined;
}

/**
 * The ids of a text that a model continues, or that its encoder reads.
 *
 * @throws GptError `usage` for a language that the model does not have
 */
export function promptIds(
  tokenizer: Tokenizer,
  text: string,
  { parseSpecial = false, ...languages }: PromptOptions,
  encoder: DecoderConfig["encoder"],
): number[] {
  if (encoder === undefined) return textIds(tokenizer, text, { parseSpecial });
  return inLanguages(tokenizer, sourceIds(tokenizer, text, { parseSpecial }), languages, encoder.startId);
}

/**
 * The ids of a source with the tokens of its languages.
 *
 * @param ids with the tokens around a text
 * @param startId what the decoder starts from without a language
 * @throws GptError `usage` for a language that the model does not have
 */
export function inLanguages(
  tokenizer: Tokenizer,
  given: readonly number[],
  { sourceLanguage, targetLanguage }: LanguageOptions,
  startId: number,
): number[] {
  const ids = given.slice();
  const source = languageOf(tokenizer, "sourceLanguage", sourceLanguage);
  const target = languageOf(tokenizer, "targetLanguage", targetLanguage);
  if (source !== undefined) {
    const place = placeOfSource(tokenizer, ids);
    if (place === undefined) {
      const name = optionNamed("sourceLanguage");
      throw new OptionError(
        "usage",
        `this model's sources have no token for their language: leave ${name} out`,
      );
    }
    ids[place] = source;
  }
  if (target === undefined || placeOfTarget(tokenizer, startId) !== "source") return ids;
  return isLanguage(tokenizer, ids[0]) ? [target, ...ids.slice(1)] : [target, ...ids];
}

/**
 * @param startId what the decoder starts from without a language
 * @param forced by the checkpoint
 * @throws GptError `usage` for a language that the model does not have
 */
export function decoderStart(
  tokenizer: Tokenizer | undefined,
  { targetLanguage }: LanguageOptions,
  startId: number | undefined,
  forced: ForcedIds | undefined,
): DecoderStart {
  const target = languageOf(tokenizer, "targetLanguage", targetLanguage);
  if (tokenizer === undefined || target === undefined) return { startId, forced };
  switch (placeOfTarget(tokenizer, startId)) {
    case "source":
      return { startId, forced };
    case "start":
      return { startId: target, forced };
    case "first":
      return { startId, forced: { ...forced, first: target } };
  }
}

/** What a decoder learns to write of a text, and what it starts from. */
export interface Target {
  readonly ids: readonly number[];
  readonly startId: number;
}

/**
 * The ids of a target with the token of its language where the model writes it: first (mBART-50, M2M100,
 * NLLB), or last and as the start (mBART).
 *
 * @param ids with the tokens around a text
 * @param startId what the decoder starts from without a language
 * @param forced by the checkpoint
 * @throws GptError `usage` for a language that the model does not have, and without one where targets begin
 *   with it
 */
export function targetInLanguage(
  tokenizer: Tokenizer,
  ids: readonly number[],
  { targetLanguage }: LanguageOptions,
  startId: number,
  forced: ForcedIds | undefined,
): Target {
  const target = languageOf(tokenizer, "targetLanguage", targetLanguage);
  const around = placeOfSource(tokenizer, ids);
  switch (placeOfTarget(tokenizer, startId)) {
    case "source":
      return { ids, startId };
    case "start": {
      const language = target ?? startId;
      return { ids: ids.map((id, place) => (place === around ? language : id)), startId: language };
    }
    case "first": {
      const language = target ?? forced?.first;
      if (language !== undefined) return { ids: [language, ...ids.filter((_, i) => i !== around)], startId };
      const problem = "the texts of this model begin with the token of their language: name it";
      throw new OptionError("usage", `${optionNamed("targetLanguage")}: ${problem}`);
    }
  }
}

function languageOf(
  tokenizer: Tokenizer | undefined,
  option: keyof LanguageOptions,
  code: string | undefined,
): number | undefined {
  if (code === undefined) return undefined;
  const known = tokenizer?.languageIds ?? new Map<string, number>();
  const id = known.get(code);
  if (id !== undefined) return id;
  const name = optionNamed(option);
  if (known.size === 0) {
    throw new OptionError("usage", `this model names no languages: leave ${name} out`);
  }
  const near = nearest(code, [...known.keys()]);
  const advice = near === undefined ? `the first of ${known.size} is` : "did you mean";
  const question = near === undefined ? "" : "?";
  const named = near ?? known.keys().next().value;
  throw new OptionError(
    "usage",
    `${name} ${quote(code)} is none of this model's: ${advice} ${named}${question}`,
  );
}

/** `fr` means fr_XX or fra_Latn more likely than it is a typing error. */
const nearest = (code: string, codes: readonly string[]): string | undefined =>
  codes.find((known) => known.toLowerCase().startsWith(code.toLowerCase())) ?? closest(code, codes);

/** The language stands before the text, or behind the token that ends it. */
function placeOfSource(tokenizer: Tokenizer, ids: readonly number[]): number | undefined {
  const { startIds, endIds } = tokenizer;
  if (isLanguage(tokenizer, startIds[0])) return 0;
  return isLanguage(tokenizer, endIds.at(-1)) ? ids.length - 1 : undefined;
}

/** Marian's languages are tags in the source, which the tokenizer puts nowhere itself. */
function placeOfTarget(tokenizer: Tokenizer, startId: number | undefined): "source" | "start" | "first" {
  if (isLanguage(tokenizer, startId)) return "start";
  const [around] = [...tokenizer.startIds, ...tokenizer.endIds].filter((id) => isLanguage(tokenizer, id));
  return around === undefined ? "source" : "first";
}

const isLanguage = ({ languageIds }: Tokenizer, id: number | undefined): boolean =>
  id !== undefined && [...(languageIds?.values() ?? [])].includes(id);
