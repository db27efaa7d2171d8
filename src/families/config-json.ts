/** Writes a decoder as config.json: the keys of its family in the words of transformers. */
import type { JsonObject, JsonValue } from "../files/json.ts";
import type { ModelDescription } from "./description.ts";
import { familyNamed } from "./find-family.ts";
import { ropeJson } from "./rotary/rope-entries.ts";

/**
 * Leaves out what the keys of the family do not cover. A caller with any decoder reads it back and compares.
 */
export function configJson({
  config,
  bosId,
  endOfTextIds,
}: Pick<ModelDescription, "config" | "bosId" | "endOfTextIds">): JsonObject {
  const family = familyNamed(config.family);
  const { vocabSize, tied, ...keys } = family.keys;
  const fields = Object.values(keys).flatMap((key): [string, JsonValue][] => {
    const value = key.of(config);
    return typeof key.json === "string" && value !== undefined ? [[key.json, key.kind.json(value)]] : [];
  });
  const constants = Object.entries(family.constants ?? {});
  const sorted = [...fields, ...constants].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  const [end, ...moreEnds] = endOfTextIds;
  return {
    architectures: [`${family.className}${config.head.kind === "none" ? "Model" : family.languageModel}`],
    model_type: family.name,
    ...Object.fromEntries(sorted),
    ...ropeJson(config),
    vocab_size: config.vocabSize,
    tie_word_embeddings: config.head.kind === "tokens" && config.head.tied,
    torch_dtype: "float32",
    ...(bosId !== undefined && { bos_token_id: bosId }),
    ...(end !== undefined && { eos_token_id: moreEnds.length > 0 ? [...endOfTextIds] : end }),
  };
}
