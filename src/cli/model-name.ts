/** A model as output names it. */
import { basename, resolve } from "node:path";
import { repositoryIn } from "../hub/hugging-face-cache.ts";

/** The last part of its path; of a snapshot in the Hugging Face cache, whose last part is a hash, the repository. */
export const modelName = (path: string): string => repositoryIn(path) ?? basename(resolve(path));
