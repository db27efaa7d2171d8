/** What a checkpoint says of embeddings, in either format. */
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { readModules } from "./directory.ts";
import { poolingIn } from "./gguf.ts";
import { bare, type EmbeddingModules } from "./modules.ts";

/**
 * A GGUF file that names a pooling is a model of embeddings, which llama-server normalizes. One that
 * names none is read as a directory without modules.json.
 */
export async function modulesOf(checkpoint: Checkpoint, isEncoder: boolean): Promise<EmbeddingModules> {
  const modules = bare(isEncoder);
  if (checkpoint.format === "huggingface") return (await readModules(checkpoint.path, isEncoder)) ?? modules;
  const named = poolingIn(checkpoint.metadata);
  return named === undefined ? modules : { ...modules, normalize: true, poolings: [named] };
}
