/** Opens a checkpoint of any format by its path. */
import { dirname } from "node:path";
import { GptError } from "../errors.ts";
import { fileError } from "../files/file.ts";
import { readJsonObject } from "../files/json.ts";
import { files } from "../host/files.ts";
import { type Checkpoint, configAlone } from "./checkpoint.ts";
import { openDirectory } from "./directory.ts";
import { openGguf } from "./gguf/parts.ts";
import { textPart } from "./text-part.ts";

/**
 * Reads the config or metadata of a checkpoint and the places of its tensors. Reads no weights.
 * @param path a Hugging Face directory, a GGUF file, or a config.json alone, which has no tensors
 * @throws GptError `not-found` for a missing file, `invalid-file` for a corrupt one
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  try {
    const stats = await files.stat(path);
    if (stats.isDirectory()) return await openDirectory(path);
  } catch (error) {
    throw fileError(path, "opened", error);
  }
  if (path.endsWith(".json")) return textPart(configAlone(path, await readJsonObject(path)));
  if (path.endsWith(".safetensors")) {
    const advice = `give the directory that holds it and its config.json (${dirname(path)})`;
    throw new GptError("invalid-file", `${path}: is one file of a model; ${advice}`);
  }
  return openGguf(path);
}
