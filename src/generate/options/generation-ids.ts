/** Token ids that generation_config.json names: banned ones, forced ones, and those that end a text. */
import type { HuggingFaceCheckpoint } from "../../checkpoint/checkpoint.ts";
import { Fields } from "../../families/fields.ts";
import type { ForcedIds } from "../generation.ts";

/** Ids that are never generated, and whether phrases of several ids are banned too. */
export function bannedIds(
  fields: Fields,
  vocabSize: number,
): { readonly banned: readonly number[]; readonly phrases: boolean } {
  const words = fields.list("bad_words_ids").map((word) => {
    if (Array.isArray(word) && word.length > 0 && word.every(Number.isInteger)) return word as number[];
    throw fields.wrong("bad_words_ids", "expected a list of lists of token ids");
  });
  const single = words.filter(({ length }) => length === 1).flat();
  const banned = [...fields.ids("suppress_tokens", vocabSize), ...single];
  return {
    banned: banned.filter((id) => id >= 0 && id < vocabSize),
    phrases: words.some(({ length }) => length > 1),
  };
}

/** Old checkpoints have the fields in config.json. */
export function forcedIds(checkpoint: HuggingFaceCheckpoint, vocabSize: number): ForcedIds | undefined {
  const [generation, config] = [Fields.ofGenerationConfig(checkpoint), Fields.ofConfig(checkpoint)];
  const id = (name: string) => (generation.has(name) ? generation : config).ids(name, vocabSize)[0];
  const [first, last] = [id("forced_bos_token_id"), id("forced_eos_token_id")];
  return first === undefined && last === undefined ? undefined : { first, last };
}

/** The end-of-text ids of generation_config.json, if the other files name different ones. */
export function otherEnds(
  checkpoint: HuggingFaceCheckpoint,
  vocabSize: number,
  ofTokenizer: readonly number[],
) {
  const fields = Fields.ofGenerationConfig(checkpoint);
  if (!fields.has("eos_token_id")) return [];
  const ids = fields.ids("eos_token_id", vocabSize);
  const usual = new Set([...Fields.ofConfig(checkpoint).ids("eos_token_id", vocabSize), ...ofTokenizer]);
  const ends = new Set([...ids, ...ofTokenizer]);
  return ends.size === usual.size && [...ends].every((id) => usual.has(id)) ? [] : ids;
}
