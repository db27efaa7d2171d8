/**
 * Models that are corrupt, hostile, unfinished or something else altogether, each with what has to be said
 * about it.
 */
import { mkdirSync } from "node:fs";
import type { HostileCase } from "./case.ts";
import { configs, indexes } from "./configs.ts";
import { ggufs } from "./gguf.ts";
import { pickles } from "./pickles.ts";
import { safetensors } from "./safetensors.ts";
import { strangers } from "./strangers.ts";
import { tokenizers, vocabularies } from "./tokenizers.ts";

export const hostileCases: readonly HostileCase[] = [
  ...safetensors,
  ...pickles,
  ...strangers,
  ...indexes,
  ...configs,
  ...tokenizers,
  ...ggufs,
  ...vocabularies,
].map((hostile) => ({
  ...hostile,
  write: (folder: string) => {
    mkdirSync(folder, { recursive: true });
    return hostile.write(folder);
  },
}));
