/** The tokenizer of a model, whichever files hold it. */

import { join } from "node:path";
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { invalidFile } from "../../files/invalid-file.ts";
import { JsonFields } from "../../files/json-fields.ts";
import { files } from "../../host/files.ts";
import type { PipelineTokenizer } from "../pipeline-tokenizer.ts";
import { tokenizerFromGguf } from "./gguf/reader.ts";
import { MODEL_FILES, tokenizerFromSentencePiece } from "./sentencepiece/load.ts";
import { MODELS_WITH_VOCABULARY, tokenizerFromPieces } from "./sentencepiece/vocab-json.ts";
import { readTokenizerConfig } from "./tokenizer-config.ts";
import { tokenizerFromJson } from "./tokenizer-json.ts";
import { tokenizerFromVocabMerges } from "./vocab-merges.ts";
import { tokenizerFromVocabText } from "./vocab-text.ts";

/**
 * Reads tokenizer.json or else vocab.json and merges.txt, vocab.txt, or a SentencePiece model with or without
 * a vocab.json, and the small files beside them.
 *
 * @param directory of a Hugging Face model
 * @param ofFamily the tokenizer class of the model's family, for files that name none
 * @returns undefined for a directory without tokenizer files
 * @throws GptError `invalid-file` for a file that is corrupt, that lacks its other half, or that has a part
 *   which is not implemented
 */
export async function loadTokenizer(
  directory: string,
  ofFamily?: string,
): Promise<PipelineTokenizer | undefined> {
  const has = (name: string) => files.exists(join(directory, name));
  if (has("tokenizer.json")) {
    const file = await JsonFields.read(join(directory, "tokenizer.json"));
    return tokenizerFromJson(file, await readTokenizerConfig(directory), ofFamily);
  }
  if (has("vocab.json") && has("merges.txt")) {
    return tokenizerFromVocabMerges(await readTokenizerConfig(directory), ofFamily);
  }
  const beside = has("vocab.json") ? MODELS_WITH_VOCABULARY.find(has) : undefined;
  if (beside !== undefined) return tokenizerFromPieces(beside, await readTokenizerConfig(directory));
  if (has("vocab.json")) throw invalidFile(directory, "vocab.json is there, but merges.txt is missing");
  if (has("merges.txt")) throw invalidFile(directory, "merges.txt is there, but vocab.json is missing");
  if (has("vocab.txt")) return tokenizerFromVocabText(await readTokenizerConfig(directory));
  const model = MODEL_FILES.find(has);
  if (model === undefined) return undefined;
  return tokenizerFromSentencePiece(model, await readTokenizerConfig(directory), ofFamily);
}

/** The vocabulary of a model, which its tokenizer has to fit. */
export interface ModelVocabulary {
  readonly vocabSize: number;
  /** Class of tokenizer of the model's family, or the family's name. */
  readonly tokenizerClass: string;
}

/**
 * The tokenizer that came with a checkpoint. Tokens that were added to it later may be more than the model
 * has: such checkpoints are in use, and their texts seldom have them.
 *
 * @returns undefined for one that came without
 * @throws as `loadTokenizer`, and `invalid-file` for one that turns plain text into tokens that the model
 *   does not have
 */
export async function tokenizerOf(
  checkpoint: Checkpoint,
  { vocabSize, tokenizerClass }: ModelVocabulary,
): Promise<PipelineTokenizer | undefined> {
  const { format, path } = checkpoint;
  const tokenizer =
    format === "gguf"
      ? tokenizerFromGguf(checkpoint.metadata, path)
      : await loadTokenizer(path, tokenizerClass);
  const size = tokenizer?.plainVocabSize ?? 0;
  if (size <= vocabSize) return tokenizer;
  const sizes = `the tokenizer has ${size} tokens, the model ${vocabSize}`;
  throw invalidFile(path, `${sizes}: their files do not belong together`);
}
