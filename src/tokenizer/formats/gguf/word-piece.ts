/** WordPiece in GGUF, `tokenizer.ggml.model` "bert": words begin with a mark, and `##` is left out. */

import { JsonFields } from "../../../files/json-fields.ts";
import { NO_LIMITS, type TokenizerDescription } from "../../description.ts";
import type { PipelineTokenizer } from "../../pipeline-tokenizer.ts";
import { bertTemplate } from "../../template.ts";
import { assemble } from "../assemble.ts";
import { CONTINUATION_PREFIX, MAX_WORD } from "../models/word-piece.ts";
import { bertPipeline } from "../pipeline/pipelines.ts";
import type { TokenizerKeys } from "./keys.ts";
import { readTokens } from "./tokens.ts";

const WORD_MARK = "▁";

/** Tokens such as `[CLS]` stand as they are. */
const isBracketed = (token: string): boolean => token.startsWith("[") && token.endsWith("]");

const spell = (token: string): string => {
  if (isBracketed(token)) return token;
  return token.startsWith(WORD_MARK) ? token.slice(WORD_MARK.length) : CONTINUATION_PREFIX + token;
};

/** A token as GGUF spells it. */
export function ggufWordPiece(token: string): string {
  if (isBracketed(token)) return token;
  return token.startsWith(CONTINUATION_PREFIX) ? token.slice(CONTINUATION_PREFIX.length) : WORD_MARK + token;
}

/** llama.cpp reads text in lower case, without accents. The ids of the roles are those of BERT. */
export function wordPieceTokenizer(keys: TokenizerKeys): PipelineTokenizer {
  const usual = { unknown: 100, bos: 101, separator: 102, padding: 0, mask: 103 };
  const { vocabulary, addedTokens, roles } = readTokens(keys, usual, spell);
  const { unknown, bos, separator = roles.eos } = roles;
  if (unknown === undefined) throw keys.invalid("unknown_token_id", "is missing");
  if (bos === undefined) throw keys.invalid("bos_token_id", "is missing");
  if (separator === undefined) throw keys.invalid("seperator_token_id", "is missing");
  return assemble({
    vocabulary,
    addedTokens,
    special: {
      bosId: bos,
      startIds: [bos],
      endIds: [separator],
      endOfTextIds: [separator],
      template: bertTemplate(bos, separator),
    },
    model: { type: "WordPiece", unknown, prefix: CONTINUATION_PREFIX, maxCharacters: MAX_WORD },
    pipeline: new JsonFields(keys.path, "", bertPipeline({ lowercase: true })),
    limits: NO_LIMITS,
  });
}

/** The values of a WordPiece tokenizer. */
export function wordPieceValues({ special }: TokenizerDescription) {
  return { model: "bert", cls_token_id: special.startIds[0], seperator_token_id: special.endIds[0] };
}
