/** Writes models as Hugging Face directories. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Checkpoint, GgufCheckpoint } from "../checkpoint/checkpoint.ts";
import { writeSafetensors } from "../checkpoint/safetensors-writer.ts";
import type { TensorToWrite } from "../checkpoint/tensor-to-write.ts";
import { moduleFiles } from "../families/embedding/gguf.ts";
import { withFile } from "../files/file.ts";
import type { JsonObject } from "../files/json.ts";
import { writeFile } from "../files/output-file.ts";
import { tokenizerFiles, tokenizerFromGguf } from "../tokenizer/index.ts";

export const MODEL_WEIGHTS = "model.safetensors";
export const CHAT_TEMPLATE = "chat_template.jinja";

/** Files of a model beside its config and weights. */
export const COMPANIONS = [
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "vocab.txt",
  "tokenizer.model",
  "spiece.model",
  "sentencepiece.bpe.model",
  "source.spm",
  "target.spm",
  CHAT_TEMPLATE,
];

/** Files of sentence-transformers beside an embedding model. Some have a folder of their own. */
const EMBEDDING_COMPANIONS = [
  "modules.json",
  "config_sentence_transformers.json",
  "sentence_bert_config.json",
  "1_Pooling/config.json",
  "2_Dense/config.json",
  "2_Dense/model.safetensors",
];

/** Names of the types of weights in config.json. */
export const DTYPE_NAMES = { F32: "float32", F16: "float16", BF16: "bfloat16" } as const;
export type FloatType = keyof typeof DTYPE_NAMES;

/** Contents of files by name. */
export type Companions = ReadonlyMap<string, Uint8Array | string>;

/**
 * The files beside the weights of a checkpoint. For a GGUF file they are made from its metadata.
 *
 * @throws GptError `usage` for a tokenizer in a GGUF file that no tokenizer.json can hold
 */
export const companionsOf = (checkpoint: Checkpoint): Promise<Companions> | Companions =>
  checkpoint.format === "gguf" ? companionsOfGguf(checkpoint) : companionsIn(checkpoint.path);

/** The companions that a directory holds. */
export async function companionsIn(directory: string): Promise<Companions> {
  const files = new Map<string, Uint8Array>();
  const names = [...COMPANIONS, ...EMBEDDING_COMPANIONS];
  for (const name of names.filter((name) => existsSync(join(directory, name)))) {
    files.set(name, await withFile(join(directory, name), (file) => file.readAll()));
  }
  return files;
}

function companionsOfGguf({ metadata, path }: GgufCheckpoint): Companions {
  const tokenizer = tokenizerFromGguf(metadata, path);
  if (tokenizer === undefined) return new Map();
  const template = metadata.get("tokenizer.chat_template");
  const chatTemplate = typeof template === "string" ? template : undefined;
  return new Map([...tokenizerFiles(path, tokenizer, { chatTemplate }), ...moduleFiles(metadata)]);
}

/**
 * Writes a model, its weights first.
 *
 * @param tensors in the type
 * @throws as `writeModelFiles`, and an error of the tensors
 */
export async function writeModel(
  directory: string,
  config: JsonObject,
  companions: Companions,
  type: FloatType,
  tensors: readonly TensorToWrite[],
): Promise<void> {
  await writeSafetensors(join(directory, MODEL_WEIGHTS), { format: "pt" }, tensors);
  await writeModelFiles(directory, config, companions, type);
}

/**
 * Writes all files of a model but its weights.
 *
 * @param config the content of config.json
 * @param type of the weights
 * @throws GptError as `writeError`
 */
export async function writeModelFiles(
  directory: string,
  config: JsonObject,
  companions: Companions,
  type: FloatType = "F32",
): Promise<void> {
  const content = JSON.stringify(withDtype(config, DTYPE_NAMES[type]), null, 2);
  await writeFile(join(directory, "config.json"), `${content}\n`);
  await writeCompanions(directory, companions);
}

export async function writeCompanions(directory: string, companions: Companions): Promise<void> {
  for (const [name, content] of companions) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

/** The config with the type of the weights, if it has a field for it. */
function withDtype(config: JsonObject, dtype: string): JsonObject {
  const names = ["torch_dtype", "dtype"].filter((name) => config[name] !== undefined);
  return { ...config, ...Object.fromEntries(names.map((name) => [name, dtype])) };
}
