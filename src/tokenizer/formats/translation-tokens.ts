/**
 * What the tokenizers of translation models put around a source: the token of its language, before or behind
 * it.
 */

import { closest } from "../../checks/closest.ts";
import { invalidFile } from "../../files/invalid-file.ts";
import { quote } from "../../files/quote.ts";
import type { SpecialTokens } from "../description.ts";
import { languageIds } from "../languages.ts";
import type { Place } from "../template.ts";
import type { TokenizerConfig } from "./tokenizer-config.ts";
import type { JsonVocabulary } from "./vocabulary-json.ts";

interface TranslationClass {
  /** The language of a source if neither the files nor the caller name it. */
  readonly language: string;
  /** Behind: `A </s> en_XX`; before: `eng_Latn A </s>`. */
  readonly isBehind: boolean;
}

/** @param codeIsLast NLLB's first files, which have the code behind the text */
function classNamed(name: string, { codeIsLast }: TokenizerConfig): TranslationClass | undefined {
  switch (name) {
    case "MBartTokenizer":
      return { language: "en_XX", isBehind: true };
    case "MBart50Tokenizer":
      return { language: "en_XX", isBehind: false };
    case "NllbTokenizer":
      return { language: "eng_Latn", isBehind: codeIsLast };
    case "M2M100Tokenizer":
      return { language: "en", isBehind: false };
    default:
      return undefined;
  }
}

const END = "</s>";

/**
 * Post-processors of their files count no more than in transformers, which replaces them.
 *
 * @param ofFamily class of tokenizer, for directories that do not name one
 * @returns undefined for a tokenizer of another class
 */
export function translationTokens(
  config: TokenizerConfig,
  ofFamily: string | undefined,
  tokens: JsonVocabulary,
): SpecialTokens | undefined {
  const { vocabulary } = tokens;
  const { className, directory } = config;
  const isGeneric = className === undefined || className === "PreTrainedTokenizer";
  const known = classNamed((isGeneric ? ofFamily : className) ?? "", config);
  const languages = languageIds(tokens);
  if (known === undefined || languages.size === 0) return undefined;
  const code = config.sourceLanguage ?? known.language;
  const language = languages.get(code);
  if (language === undefined) {
    const near = closest(code, languages.keys());
    const advice = near === undefined ? "" : `: did you mean ${near}?`;
    throw invalidFile(directory, `src_lang ${quote(code)} is none of its languages${advice}`);
  }
  const name = config.named("eos_token")?.content ?? END;
  const end = vocabulary.idOf(name);
  if (end === undefined) throw invalidFile(directory, `eos_token ${quote(name)} is not in the vocabulary`);
  const [startIds, endIds] = known.isBehind ? [[], [end, language]] : [[language], [end]];
  const token = (id: number): Place => ({ id, type: 0 });
  const around = (...texts: readonly (0 | 1)[]): Place[] => [
    ...startIds.map(token),
    ...texts.map((text) => ({ text, type: 0 })),
    ...endIds.map(token),
  ];
  return {
    bosId: undefined,
    startIds,
    endIds,
    endOfTextIds: [end],
    template: { single: around(0), pair: around(0, 1) },
  };
}
