/** A trained tokenizer as one that encodes. */

import { JsonFields } from "../../files/json-fields.ts";
import { addedToken } from "../added-tokens.ts";
import { Vocabulary } from "../bpe/vocabulary.ts";
import { NO_LIMITS } from "../description.ts";
import { assemble } from "../formats/assemble.ts";
import { mergesFromList } from "../formats/merge-lists.ts";
import type { PipelineTokenizer } from "../pipeline-tokenizer.ts";
import { aroundTexts } from "../template.ts";
import type { TrainedTokenizer } from "./train.ts";

const FILE = "the trained tokenizer";

/** The first control token has the roles of GPT-2's only one: it begins and ends texts. */
export function assembleTrained({
  tokens,
  merges,
  specialTokens,
  pattern,
}: TrainedTokenizer): PipelineTokenizer {
  const vocabulary = new Vocabulary(FILE, tokens.length);
  for (const [id, token] of tokens.entries()) vocabulary.add(token, id, "tokens");
  for (const [id, token] of specialTokens.entries()) vocabulary.reserve(token, id, true, "specialTokens");
  const endOfText = specialTokens.length > 0 ? [0] : [];
  return assemble({
    vocabulary,
    addedTokens: specialTokens.map((content, id) => addedToken(content, id, true)),
    special: {
      bosId: endOfText[0],
      startIds: [],
      endIds: [],
      endOfTextIds: endOfText,
      template: aroundTexts([], []),
    },
    model: {
      type: "BPE",
      merges: mergesFromList(vocabulary, merges, FILE, "merges"),
      symbols: {},
      ignoreMerges: false,
    },
    pipeline: new JsonFields(FILE, "", pattern.pipeline),
    limits: NO_LIMITS,
  });
}
