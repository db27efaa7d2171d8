/** The name of a model in output. */
import { basename, resolve } from "node:path";
import { repositoryIn } from "./hugging-face-cache.ts";

/**
 * The last part of its path. For a snapshot in the Hugging Face cache, whose last part is a hash, the name of
 * the repository.
 */
export const modelName = (path: string): string => repositoryIn(path) ?? basename(resolve(path));
