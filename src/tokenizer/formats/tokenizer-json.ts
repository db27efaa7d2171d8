/** tokenizer.json: a whole tokenizer, as Hugging Face's tokenizers library writes it. */

import { JsonFields } from "../../files/json-fields.ts";
import type { PipelineTokenizer } from "../pipeline-tokenizer.ts";
import { readAddedToken } from "./added-token.ts";
import { assemble } from "./assemble.ts";
import { formatOf } from "./models/models.ts";
import { readSpecialTokens } from "./special-tokens.ts";
import { tokenizerClass } from "./tokenizer-classes.ts";
import { limitsOf, type TokenizerConfig } from "./tokenizer-config.ts";
import { translationTokens } from "./translation-tokens.ts";
import { readVocabulary } from "./vocabulary-json.ts";

/**
 * @param ofFamily class of tokenizer, for directories that do not name one
 * @throws GptError `invalid-file` for any part that is not implemented, by its
 *   name
 */
export function tokenizerFromJson(
  file: JsonFields,
  config: TokenizerConfig,
  ofFamily?: string,
): PipelineTokenizer {
  const usual = tokenizerClass(config, ofFamily) ?? {};
  const model = file.object("model");
  const format = formatOf(model);
  const objects = file.get("added_tokens") === undefined ? [] : file.objects("added_tokens");
  const listed = objects.map((fields) => readAddedToken(fields, fields.count("id")));
  const known = new Set(listed.map(({ content }) => content));
  const more = config.addedTokens.filter(({ content }) => !known.has(content));
  const special = [...config.special, usual.bos, usual.eos];
  const source = { file: file.file, field: "model.vocab", entries: format.entries(model) };
  const tokens = readVocabulary(source, [...listed, ...more], special);
  return assemble({
    ...tokens,
    special:
      translationTokens(config, ofFamily, tokens) ??
      readSpecialTokens(config, usual, tokens, file.optionalObject("post_processor")),
    model: format.read(model, tokens.vocabulary),
    pipeline: pipelineOf(file),
    limits: limitsOf(config, file.optionalObject("truncation")),
  });
}

/**
 * The parts of the file that are kept. The vocabulary and the merges as JSON would take more memory than the
 * tables that are made of them.
 */
function pipelineOf(file: JsonFields): JsonFields {
  const parts = ["normalizer", "pre_tokenizer", "decoder"].map((name) => [name, file.get(name)] as const);
  return new JsonFields(file.file, "", Object.fromEntries(parts));
}
