/** Opens a checkpoint by its path, whatever its format. */
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { GptError } from "../errors.ts";
import { fileError } from "../files/file.ts";
import { readJsonObject } from "../files/json.ts";
import { type Checkpoint, configAlone } from "./checkpoint.ts";
import { openDirectory } from "./directory.ts";
import { readGguf } from "./gguf.ts";

/**
 * Reads what a checkpoint says about itself; no weights are read yet.
 * @param path a Hugging Face directory, a GGUF file, or a config.json alone, which then has no tensors
 * @throws GptError `not-found` for what is not there, `invalid-file` for what is corrupt
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return await openDirectory(path);
  } catch (error) {
    throw fileError(path, "opened", error);
  }
  if (path.endsWith(".json")) return configAlone(path, await readJsonObject(path));
  if (path.endsWith(".safetensors")) {
    const advice = `give the directory that holds it and its config.json (${dirname(path)})`;
    throw new GptError("invalid-file", `${path}: is one file of a model; ${advice}`);
  }
  return readGguf(path);
}
