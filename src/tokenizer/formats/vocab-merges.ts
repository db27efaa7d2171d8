/**
 * vocab.json and merges.txt: how the tokenizers of GPT-1, GPT-2 and Qwen 2 were stored before tokenizer.json.
 */

import { join } from "node:path";
import { readText } from "../../files/file.ts";
import { foreignContent, RECOGNIZABLE_BYTES } from "../../files/foreign.ts";
import { invalidFile } from "../../files/invalid-file.ts";
import { JsonFields } from "../../files/json-fields.ts";
import { quote } from "../../files/quote.ts";
import { files } from "../../host/files.ts";
import { type AddedToken, addedToken } from "../added-tokens.ts";
import type { PipelineTokenizer } from "../pipeline-tokenizer.ts";
import { assemble } from "./assemble.ts";
import { mergesFromList } from "./merge-lists.ts";
import { readSpecialTokens } from "./special-tokens.ts";
import { tokenizerClass } from "./tokenizer-classes.ts";
import { limitsOf, type TokenizerConfig } from "./tokenizer-config.ts";
import { readVocabulary } from "./vocabulary-json.ts";

/** @param ofFamily class of tokenizer, for directories that do not name one */
export async function tokenizerFromVocabMerges(
  config: TokenizerConfig,
  ofFamily?: string,
): Promise<PipelineTokenizer> {
  const { directory } = config;
  const mergesPath = join(directory, "merges.txt");
  const vocab = await JsonFields.read(join(directory, "vocab.json"));
  const usual = tokenizerClass(config, ofFamily ?? classOf(vocab));
  if (usual?.pipeline === undefined) {
    const name = quote(config.className ?? ofFamily);
    throw invalidFile(directory, `how ${name} splits text is not known without a tokenizer.json`);
  }

  const listed = [...config.addedTokens, ...(await readLegacyAddedTokens(config))];
  const { pipeline, endOfWord = "", unknown, bos, eos } = usual;
  const entries = vocab.names.map((text) => [text, vocab.count(text)] as const);
  const source = { file: vocab.file, field: "the vocabulary", entries };
  const tokens = readVocabulary(source, listed, [...config.special, bos, eos, unknown]);
  const { vocabulary } = tokens;
  return assemble({
    ...tokens,
    special: readSpecialTokens(config, usual, tokens),
    model: {
      type: "BPE",
      merges: mergesFromList(vocabulary, await readMerges(mergesPath), mergesPath, "merges"),
      symbols: { endOfWord, unknown: unknown === undefined ? undefined : vocabulary.idOf(unknown) },
      ignoreMerges: false,
    },
    pipeline: new JsonFields(vocab.file, "", pipeline),
    limits: limitsOf(config),
  });
}

/** GPT-1's tokens show where words end, GPT-2's where they begin. */
function classOf(vocab: JsonFields): string {
  return vocab.names.some((text) => text.endsWith("</w>")) ? "OpenAIGPTTokenizer" : "GPT2Tokenizer";
}

/** Two tokens a line; the first line may name the version. */
async function readMerges(file: string): Promise<string[]> {
  const text = await readText(file);
  if (text.trim() === "") throw invalidFile(file, "is empty: fetch it again");
  const foreign = foreignContent(Buffer.from(text.slice(0, RECOGNIZABLE_BYTES)));
  if (foreign !== undefined) throw invalidFile(file, foreign);
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#version"));
}

/** added_tokens.json, `{"<|im_end|>": 151645}`, the predecessor of the list in tokenizer_config.json. */
async function readLegacyAddedTokens(config: TokenizerConfig): Promise<AddedToken[]> {
  const path = join(config.directory, "added_tokens.json");
  if (!files.exists(path)) return [];
  const fields = await JsonFields.read(path);
  return fields.names
    .filter((content) => !config.addedTokens.some((token) => token.content === content))
    .map((content) => addedToken(content, fields.count(content), config.special.includes(content)));
}
