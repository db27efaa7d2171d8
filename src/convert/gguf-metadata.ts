/** The metadata of a new GGUF file: copied from a GGUF file, or made from the files of a directory. */
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Checkpoint, HuggingFaceCheckpoint } from "../checkpoint/checkpoint.ts";
import { type GgufEntries, ggufValue } from "../checkpoint/gguf/entries.ts";
import { readGgufEntries } from "../checkpoint/gguf/gguf.ts";
import { withoutParts } from "../checkpoint/gguf/parts.ts";
import type { ModelDescription } from "../families/description.ts";
import { readModules } from "../families/embedding/directory.ts";
import { omittedIn } from "../families/embedding/gguf.ts";
import { decoderEntries } from "../families/gguf-entries.ts";
import { readText } from "../files/file.ts";
import { readJsonObject } from "../files/json.ts";
import { seesAhead } from "../model/attention/masks.ts";
import { tokenizerEntries } from "../tokenizer/formats/gguf/writer.ts";
import { tokenizerOf } from "../tokenizer/index.ts";

const { string, uint32 } = ggufValue;

/** The version of the blocks of ggml. */
const QUANTIZATION_VERSION = 2;

/**
 * @param fileType `general.file_type`
 * @throws GptError `usage` for a model that GGUF cannot describe
 */
export async function ggufMetadata(
  checkpoint: Checkpoint,
  description: ModelDescription,
  fileType: number,
): Promise<GgufEntries> {
  const entries = new Map(
    checkpoint.format === "gguf"
      ? await readGgufEntries(checkpoint.path)
      : await directoryEntries(checkpoint, description),
  );
  entries.delete("general.alignment");
  withoutParts(entries);
  entries.set("general.file_type", uint32(fileType));
  entries.set("general.quantization_version", uint32(QUANTIZATION_VERSION));
  return entries;
}

/** Settings of embeddings in a directory that a GGUF file does not hold, in words. */
export async function omittedSettings(
  { format, path }: Checkpoint,
  { config }: ModelDescription,
): Promise<readonly string[]> {
  const modules = format === "gguf" ? undefined : await readModules(path, seesAhead(config));
  return modules === undefined ? [] : omittedIn(modules, config.nPositions);
}

async function directoryEntries(
  checkpoint: HuggingFaceCheckpoint,
  { config, vocabulary, bosId, endOfTextIds: [eosId] }: ModelDescription,
): Promise<GgufEntries> {
  const { path } = checkpoint;
  const entries = decoderEntries(path, config, await readModules(path, seesAhead(config)));
  entries.set("general.type", string("model"));
  entries.set("general.name", string(basename(resolve(path))));
  // llama.cpp reads no BERT without the number of its token types.
  const numbers = { bos_token_id: bosId, eos_token_id: eosId, token_type_count: config.embedding.tokenTypes };
  for (const [key, number] of Object.entries(numbers)) {
    if (number !== undefined) entries.set(`tokenizer.ggml.${key}`, uint32(number));
  }
  const tokenizer = await tokenizerOf(checkpoint, vocabulary);
  if (tokenizer === undefined) return entries.set("tokenizer.ggml.model", string("none"));
  for (const [key, value] of tokenizerEntries(path, tokenizer, config.vocabSize)) entries.set(key, value);
  const template = await chatTemplate(path);
  if (template !== undefined) entries.set("tokenizer.chat_template", string(template));
  return entries;
}

/** The chat template of a directory with a single one. */
async function chatTemplate(directory: string): Promise<string | undefined> {
  const file = join(directory, "chat_template.jinja");
  if (existsSync(file)) return readText(file);
  const config = join(directory, "tokenizer_config.json");
  const { chat_template: template } = existsSync(config) ? await readJsonObject(config) : {};
  return typeof template === "string" ? template : undefined;
}
