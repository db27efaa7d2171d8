/** Makes a tokenizer from its description. */

import type { JsonFields } from "../../files/json-fields.ts";
import { AddedTokens } from "../added-tokens.ts";
import { type TokenizerDescription, unknownOf } from "../description.ts";
import { PipelineTokenizer } from "../pipeline-tokenizer.ts";
import { modelFormat } from "./models/models.ts";
import { readDecoder } from "./pipeline/decoders.ts";
import { readNormalizer } from "./pipeline/normalizers.ts";
import { readPreTokenizer } from "./pipeline/pre-tokenizers.ts";

export function assemble(description: TokenizerDescription): PipelineTokenizer {
  const { vocabulary, addedTokens, pipeline } = description;
  const normalizer = pipeline.optionalObject("normalizer");
  const preTokenizer = pipeline.optionalObject("pre_tokenizer");
  const format = modelFormat(description.model.type);
  const { model, split, kind, merges } = format.assemble(
    description.model,
    vocabulary,
    readPreTokenizer(preTokenizer),
  );
  return new PipelineTokenizer({
    vocabulary,
    addedTokens: new AddedTokens(addedTokens, readNormalizer(normalizer), tagIdOf(description)),
    split,
    model,
    decoder: readDecoder(pipeline.optionalObject("decoder")),
    facts: {
      kind,
      merges,
      normalizer: stepTypes(normalizer, "normalizers"),
      preTokenizer: stepTypes(preTokenizer, "pretokenizers"),
    },
    description,
  });
}

/** A tag that the vocabulary lacks is the unknown token. */
function tagIdOf({ hasLanguageTags, vocabulary, model }: TokenizerDescription) {
  return hasLanguageTags && ((tag: string): number => vocabulary.idOf(tag) ?? unknownOf(model) ?? 0);
}

/**
 * The types of the steps of a `normalizer` or `pre_tokenizer`.
 * @param list the field with the steps of a Sequence
 */
function stepTypes(fields: JsonFields | undefined, list: "normalizers" | "pretokenizers"): string[] {
  if (fields === undefined) return [];
  const type = fields.string("type");
  return type === "Sequence" ? fields.objects(list).flatMap((step) => stepTypes(step, list)) : [type];
}
