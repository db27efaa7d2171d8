/** tokenizer.json: a whole tokenizer, as Hugging Face's tokenizers library writes it. */

import { invalidFile, JsonFields } from "../../files/json-fields.ts";
import { quote } from "../../files/quote.ts";
import { readAddedToken } from "../added-tokens.ts";
import { mergesFromList } from "../bpe/merges.ts";
import type { Vocabulary } from "../bpe/vocabulary.ts";
import type { BpeTokenizer } from "../bpe-tokenizer.ts";
import { assemble } from "./assemble.ts";
import { readSpecialTokens } from "./special-tokens.ts";
import { tokenizerClass } from "./tokenizer-classes.ts";
import type { TokenizerConfig } from "./tokenizer-config.ts";
import { readVocabulary } from "./vocabulary-json.ts";

/**
 * @param modelType of config.json, for directories that do not name the tokenizer's class
 * @throws GptError `invalid-file` for any model but BPE, and for any part that is not implemented, by its name
 */
export function tokenizerFromJson(
  file: JsonFields,
  config: TokenizerConfig,
  modelType?: string,
): BpeTokenizer {
  const usual = tokenizerClass(config, modelType) ?? {};
  const model = readBpeModel(file);
  const objects = file.get("added_tokens") === undefined ? [] : file.objects("added_tokens");
  const listed = objects.map((fields) => readAddedToken(fields, fields.count("id")));
  const known = new Set(listed.map(({ content }) => content));
  const more = config.addedTokens.filter(({ content }) => !known.has(content));
  const special = [...config.special, usual.bos, usual.eos];
  const tokens = readVocabulary(model.object("vocab"), [...listed, ...more], special);
  const { vocabulary, addedTokens } = tokens;
  return assemble({
    vocabulary,
    addedTokens,
    special: readSpecialTokens(config, usual, tokens, file.optionalObject("post_processor")),
    merges: mergesFromList(vocabulary, model.list("merges"), file.file, "model.merges"),
    symbols: {
      endOfWord: model.optionalString("end_of_word_suffix") ?? "",
      byteTokens: model.boolean("byte_fallback", false) ? vocabulary.byteTokens() : [],
      unknown: readUnknown(model, vocabulary),
      fuseUnknown: model.boolean("fuse_unk", false),
    },
    ignoreMerges: model.boolean("ignore_merges", false),
    pipeline: pipelineOf(file),
  });
}

/** What is kept of the file: its vocabulary and its merges, as JSON, would take more memory than all that is made of them. */
function pipelineOf(file: JsonFields): JsonFields {
  const parts = ["normalizer", "pre_tokenizer", "decoder"].map((name) => [name, file.get(name)] as const);
  return new JsonFields(file.file, "", Object.fromEntries(parts));
}

function readBpeModel(file: JsonFields): JsonFields {
  const model = file.object("model");
  const type = model.optionalString("type") ?? "BPE";
  if (type !== "BPE") {
    throw invalidFile(file.file, `model.type: model ${quote(type)} is not implemented, only BPE is`);
  }
  if (model.get("dropout") !== undefined && model.get("dropout") !== 0) model.fail("dropout", "none");
  if (model.optionalString("continuing_subword_prefix")) model.fail("continuing_subword_prefix", "none");
  return model;
}

function readUnknown(model: JsonFields, vocabulary: Vocabulary): number | undefined {
  const unknown = model.optionalString("unk_token") ?? "";
  if (unknown === "") return undefined;
  return vocabulary.idOf(unknown) ?? model.fail("unk_token", "a token of the vocabulary");
}
