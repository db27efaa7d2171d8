/** A model as output names it. */
import { basename, resolve } from "node:path";

/** The last part of its path. */
export const modelName = (path: string): string => basename(resolve(path));
