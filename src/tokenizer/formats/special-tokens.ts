/** The tokens that begin and end a text, from the files beside a vocabulary. */

import { invalidFile } from "../../files/invalid-file.ts";
import type { JsonFields } from "../../files/json-fields.ts";
import { quote } from "../../files/quote.ts";
import type { AddedToken } from "../added-tokens.ts";
import type { SpecialTokens } from "../description.ts";
import { aroundTexts, type Place } from "../template.ts";
import { readPostProcessor } from "./post-processors.ts";
import type { TokenizerClass } from "./tokenizer-classes.ts";
import type { NamedToken, TokenizerConfig } from "./tokenizer-config.ts";
import type { JsonVocabulary } from "./vocabulary-json.ts";

/** Usual names of the control token that ends a text or a turn, for files that do not name it. */
const END_OF_TEXT_NAMES = [
  "<|endoftext|>",
  "<|end_of_text|>",
  "<|eot_id|>",
  "<|eom_id|>",
  "<|im_end|>",
  "<end_of_turn>",
  "</s>",
];

export function endOfTextByName(addedTokens: readonly AddedToken[]): number[] {
  const ends = addedTokens.filter(({ special, content }) => special && END_OF_TEXT_NAMES.includes(content));
  return ends.map(({ id }) => id);
}

/**
 * @param usual the tokens of the tokenizer's class, for files that name none
 * @param postProcessor of tokenizer.json: it may put tokens around every text
 */
export function readSpecialTokens(
  config: TokenizerConfig,
  usual: TokenizerClass,
  { vocabulary, addedTokens }: JsonVocabulary,
  postProcessor?: JsonFields,
): SpecialTokens {
  const idOf = (token: NamedToken | undefined, usualToken = ""): number | undefined => {
    if (token === undefined) return vocabulary.idOf(usualToken);
    const id = vocabulary.idOf(token.content);
    if (id !== undefined) return id;
    throw invalidFile(token.file, `${token.role} ${quote(token.content)} is not in the vocabulary`);
  };
  const processed = readPostProcessor(postProcessor, vocabulary);
  const { before, after } = surroundings(processed?.single ?? []);
  const bosId = before[0] ?? idOf(config.bos, usual.bos);
  const eosId = idOf(config.eos, usual.eos);
  if (config.addBos === true && bosId === undefined) {
    throw invalidFile(config.directory, "add_bos_token is true, but no bos_token is named");
  }
  const addBos = config.addBos ?? usual.addBos ?? before.length > 0;
  const bos = bosId === undefined ? [] : [bosId];
  const startIds = !addBos ? [] : before.length > 0 ? before : bos;
  const isAsProcessed = processed !== undefined && startIds.length === before.length;
  return {
    bosId,
    startIds,
    endIds: after,
    endOfTextIds: eosId === undefined ? endOfTextByName(addedTokens) : [eosId],
    template: isAsProcessed ? processed : aroundTexts(startIds, after),
  };
}

/** The tokens before and after the text of a template. */
function surroundings(single: readonly Place[]): { before: number[]; after: number[] } {
  const text = single.findIndex((place) => "text" in place);
  const ids = (places: readonly Place[]) => places.flatMap((place) => ("id" in place ? [place.id] : []));
  return { before: ids(single.slice(0, text)), after: ids(single.slice(text + 1)) };
}
