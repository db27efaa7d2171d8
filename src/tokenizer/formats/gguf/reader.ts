/**
 * The tokenizer in the metadata of a GGUF file (https://github.com/ggml-org/ggml, docs/gguf.md), as llama.cpp
 * reads it.
 */

import type { GgufMetadata } from "../../../checkpoint/checkpoint.ts";
import { JsonFields } from "../../../files/json-fields.ts";
import { quote } from "../../../files/quote.ts";
import { NO_LIMITS } from "../../description.ts";
import type { PipelineTokenizer } from "../../pipeline-tokenizer.ts";
import { assemble } from "../assemble.ts";
import { mergesFromList, mergesFromScores } from "../merge-lists.ts";
import { byteLevelPipeline, sentencePiecePipeline } from "../pipeline/pipelines.ts";
import { TokenizerKeys } from "./keys.ts";
import { ggufPreTokenizer } from "./pre-tokenizers.ts";
import { readSpecialTokens, readTokens } from "./tokens.ts";
import { unigramTokenizer } from "./unigram.ts";
import { wordPieceTokenizer } from "./word-piece.ts";

/**
 * @returns undefined for a file without a vocabulary
 * @throws GptError `invalid-file` that names the key
 */
export function tokenizerFromGguf(metadata: GgufMetadata, path: string): PipelineTokenizer | undefined {
  const keys = new TokenizerKeys(metadata, path);
  const model = keys.string("model");
  if (model === undefined || NO_VOCABULARY.has(model)) return undefined;
  const read = readers.get(model);
  if (read !== undefined) return read(keys);
  const known = [...readers.keys()].map(quote).join(", ");
  throw keys.invalid("model", `is ${quote(model)}, which is not implemented; there are ${known}`);
}

const NO_VOCABULARY: ReadonlySet<string> = new Set(["none", "no_vocab"]);

/** By llama.cpp's name of the model. */
const readers: ReadonlyMap<string, (keys: TokenizerKeys) => PipelineTokenizer> = new Map([
  ["gpt2", byteLevelTokenizer],
  ["llama", sentencePieceTokenizer],
  ["bert", wordPieceTokenizer],
  ["t5", unigramTokenizer],
]);

/** Byte-level BPE: merges are listed. */
function byteLevelTokenizer(keys: TokenizerKeys): PipelineTokenizer {
  const name = keys.string("pre");
  const kind = ggufPreTokenizer(name, keys.general("architecture"));
  if (kind === undefined) {
    const problem =
      name === undefined ? "is missing: convert the model again" : `${quote(name)} is not implemented`;
    throw keys.invalid("pre", problem);
  }
  const tokens = readTokens(keys, {});
  return assemble({
    vocabulary: tokens.vocabulary,
    addedTokens: tokens.addedTokens,
    special: readSpecialTokens(keys, tokens, kind.addBos),
    model: {
      type: "BPE",
      merges: mergesFromList(tokens.vocabulary, keys.strings("merges"), keys.path, keys.name("merges")),
      symbols: {},
      ignoreMerges: kind.ignoreMerges,
    },
    pipeline: new JsonFields(keys.path, "", byteLevelPipeline(kind.patterns)),
    limits: NO_LIMITS,
  });
}

/** SentencePiece's BPE: merges by score, byte tokens for characters that are not in the vocabulary. */
function sentencePieceTokenizer(keys: TokenizerKeys): PipelineTokenizer {
  const tokens = readTokens(keys, { unknown: 0, bos: 1, eos: 2 });
  const { vocabulary, addedTokens, roles } = tokens;
  return assemble({
    vocabulary,
    addedTokens,
    special: readSpecialTokens(keys, tokens, true),
    model: {
      type: "BPE",
      merges: mergesFromScores(vocabulary, keys.numbers("scores", vocabulary.size), keys.path),
      symbols: { byteTokens: vocabulary.byteTokens(), unknown: roles.unknown },
      ignoreMerges: false,
    },
    pipeline: new JsonFields(keys.path, "", sentencePiecePipeline(keys.boolean("add_space_prefix") ?? true)),
    limits: NO_LIMITS,
  });
}
