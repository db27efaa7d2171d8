/** The files of a Hugging Face directory beside its weights. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { HuggingFaceCheckpoint } from "../checkpoint/checkpoint.ts";
import { withFile } from "../files/file.ts";
import type { JsonObject } from "../files/json.ts";
import { writeFile } from "../files/output-file.ts";

export const MODEL_WEIGHTS = "model.safetensors";

/** What belongs to a model beside its config and weights. */
const COMPANIONS = [
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "chat_template.jinja",
];

/** What configs call the types of weights. */
const DTYPE_NAMES = { F32: "float32", F16: "float16", BF16: "bfloat16" } as const;
export type FloatType = keyof typeof DTYPE_NAMES;

/**
 * Writes all files of a model but its weights.
 *
 * @param checkpoint what the model was made from
 * @param type what the weights will be stored as
 * @throws GptError `resource` where they cannot be written
 */
export async function writeModelConfig(
  directory: string,
  { path, config }: HuggingFaceCheckpoint,
  type: FloatType = "F32",
): Promise<void> {
  const content = JSON.stringify(withDtype(config, DTYPE_NAMES[type]), null, 2);
  await writeFile(join(directory, "config.json"), `${content}\n`);
  await copyCompanions(path, directory);
}

export async function copyCompanions(from: string, to: string): Promise<void> {
  const there = new Set(await readdir(from));
  for (const name of COMPANIONS.filter((name) => there.has(name))) {
    const content = await withFile(join(from, name), (file) => file.readAll());
    await writeFile(join(to, name), content);
  }
}

/** A config that says what the weights are stored as, if it says that at all. */
function withDtype(config: JsonObject, dtype: string): JsonObject {
  const names = ["torch_dtype", "dtype"].filter((name) => config[name] !== undefined);
  return { ...config, ...Object.fromEntries(names.map((name) => [name, dtype])) };
}
