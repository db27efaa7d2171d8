/**
 * A Hugging Face model directory: config.json, generation_config.json and the tensors of one or more files of
 * weights.
 */
import { join } from "node:path";
import { readJsonObject } from "../files/json.ts";
import { files } from "../host/files.ts";
import { joinCoded } from "./bitsandbytes.ts";
import type { HuggingFaceCheckpoint } from "./checkpoint.ts";
import { joinMxfp4 } from "./mxfp4.ts";
import { TensorReader } from "./reader.ts";
import { textPart } from "./text-part.ts";
import { CONFIG, missing, readTensors } from "./weight-files.ts";

/**
 * Opens a directory. A config alone, without files of weights, is a checkpoint without tensors.
 *
 * @throws GptError `not-found` for a missing config.json and for weights under unknown names, `invalid-file`
 *   for corrupt files
 */
export async function openDirectory(path: string): Promise<HuggingFaceCheckpoint> {
  const names = new Set(await files.list(path));
  if (!names.has(CONFIG)) throw missing(path, names, CONFIG);
  const config = await readJsonObject(join(path, CONFIG));
  const generationConfig = names.has("generation_config.json")
    ? await readJsonObject(join(path, "generation_config.json"))
    : {};

  await using reader = new TensorReader();
  const tensors = await joinCoded(joinMxfp4(await readTensors(path, names)), reader);
  return textPart({ format: "huggingface", path, config, generationConfig, tensors });
}
