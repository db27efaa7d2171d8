/** Which tokens begin and end a text, as far as the files beside a vocabulary say. */

import { invalidFile } from "../../files/invalid-file.ts";
import type { JsonFields } from "../../files/json-fields.ts";
import { quote } from "../../files/quote.ts";
import type { AddedToken } from "../added-tokens.ts";
import type { Vocabulary } from "../bpe/vocabulary.ts";
import type { SpecialTokens } from "../description.ts";
import type { TokenizerClass } from "./tokenizer-classes.ts";
import type { NamedToken, TokenizerConfig } from "./tokenizer-config.ts";
import type { JsonVocabulary } from "./vocabulary-json.ts";

/** What models call the control token that ends a text or a turn, for files that do not say which it is. */
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
 * @param usual of the tokenizer's class, for what the files leave out
 * @param postProcessor of tokenizer.json: it may put a token before every text
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
  const first = postProcessor && readTemplateStart(postProcessor, vocabulary);
  const bosId = first ?? idOf(config.bos, usual.bos);
  const eosId = idOf(config.eos, usual.eos);
  if (config.addBos === true && bosId === undefined) {
    throw invalidFile(config.directory, "add_bos_token is true, but no bos_token is named");
  }
  const addBos = config.addBos ?? usual.addBos ?? first !== undefined;
  return {
    bosId,
    addBos: addBos && bosId !== undefined,
    endOfTextIds: eosId === undefined ? endOfTextByName(addedTokens) : [eosId],
  };
}

/** The id of the token that a post-processor puts before a text. */
function readTemplateStart(fields: JsonFields, vocabulary: Vocabulary): number | undefined {
  const type = fields.string("type");
  switch (type) {
    case "ByteLevel":
      return undefined;
    case "Sequence": {
      const ids = fields.objects("processors").map((processor) => readTemplateStart(processor, vocabulary));
      return ids.find((id) => id !== undefined);
    }
    case "TemplateProcessing": {
      const template = fields
        .objects("single")
        .map((item) => item.optionalObject("SpecialToken")?.string("id"));
      const [first, second] = template;
      if (first === undefined) return undefined;
      const [id, more] = fields.object("special_tokens").object(first).list("ids");
      if (second !== undefined || more !== undefined)
        fields.fail("single", "at most one token before the text");
      if (typeof id === "number" && vocabulary.texts[id] !== undefined) return id;
      return fields.fail(`special_tokens.${first}.ids`, "an id of the vocabulary", id);
    }
    default:
      throw invalidFile(fields.file, `${fields.path}type: post-processor ${quote(type)} is not implemented`);
  }
}
