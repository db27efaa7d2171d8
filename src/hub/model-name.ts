/** The name of a model in output. */
import { basename, resolve } from "node:path";

/** The last part of its path. */
export const modelName = (path: string): string => basename(resolve(path));
