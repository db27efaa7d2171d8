/** The tokenizer of a directory with a SentencePiece model. */

import { join } from "node:path";
import type { PipelineTokenizer } from "../../pipeline-tokenizer.ts";
import { limitsOf, type TokenizerConfig } from "../tokenizer-config.ts";
import { arrangementOf } from "./arrangements.ts";
import { assembleSentencePiece, vocabularyOf } from "./assemble.ts";
import { readSentencePieceModel } from "./model-file.ts";

/** The names that model files have in directories. */
export const MODEL_FILES = ["spiece.model", "tokenizer.model", "sentencepiece.bpe.model"] as const;

/** @param ofFamily class of tokenizer, for directories that do not name one */
export async function tokenizerFromSentencePiece(
  name: string,
  config: TokenizerConfig,
  ofFamily: string | undefined,
): Promise<PipelineTokenizer> {
  const arrangement = arrangementOf(config, ofFamily);
  const model = arrangement.order(await readSentencePieceModel(join(config.directory, name)));
  const listed = new Set(config.addedTokens.map(({ id }) => id));
  const more = arrangement.more(model, config).filter(({ id }) => !listed.has(id));
  const tokens = vocabularyOf(model, [...config.addedTokens, ...more]);
  return assembleSentencePiece(model, tokens, arrangement.special(tokens, config), limitsOf(config));
}
