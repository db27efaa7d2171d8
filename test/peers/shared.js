/** Texts, vocabularies and programs beside the repository, where they are. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Unavailable } from "./trial.js";

/** @param {string} path @returns {string} the absolute path of what is there */
export function shared(path) {
  const absolute = fileURLToPath(new URL(`../../../shared/${path}`, import.meta.url));
  if (!existsSync(absolute)) throw new Unavailable(`../shared/${path} is missing`);
  return absolute;
}
