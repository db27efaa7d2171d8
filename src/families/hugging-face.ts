/** What the config.json of every family says in the same words. */
import type { HuggingFaceCheckpoint } from "../checkpoint/checkpoint.ts";
import type { ModelDescription } from "./family.ts";
import { Fields } from "./fields.ts";

/** Refuses what changes the numbers of any decoder and is not implemented. */
export function refuseUnsupported(fields: Fields): void {
  const quantization = fields.nested("quantization_config") ?? fields.nested("quantization");
  if (quantization !== undefined) {
    const method = quantization.text("quant_method", "quantized");
    throw fields.invalid(
      `quantization_config says ${method}, which is not supported: use the unquantized model`,
    );
  }
  for (const experts of ["num_local_experts", "num_experts", "n_routed_experts"]) {
    fields.require(experts, [0, 1], "but mixtures of experts are not supported");
  }
  fields.require("is_encoder_decoder", [false], "but only decoders are supported");
}

/** How transformers' classes for classifiers end. */
export const CLASSIFIER = "ForSequenceClassification";

export const isClassifier = ({ config: { architectures } }: HuggingFaceCheckpoint): boolean =>
  [architectures].flat().some((name) => typeof name === "string" && name.endsWith(CLASSIFIER));

/**
 * Whether the head is the token embedding; where the config is silent, a language model without a head has it tied.
 */
export function tiedHead(checkpoint: HuggingFaceCheckpoint, fields: Fields, fallback: boolean): boolean {
  const { tensors } = checkpoint;
  if (fields.has("tie_word_embeddings")) return fields.flag("tie_word_embeddings", fallback);
  return fallback || (tensors.size > 0 && !tensors.has("lm_head.weight") && !isClassifier(checkpoint));
}

/**
 * As in Hugging Face's `generate`, generation_config.json goes before config.json.
 *
 * @param usual the id that the config class writes unless it is told another, even where the vocabulary is too small
 */
export function boundaryIds(
  checkpoint: HuggingFaceCheckpoint,
  fields: Fields,
  vocabSize: number,
  usual?: number,
): Pick<ModelDescription, "bosId" | "endOfTextIds"> {
  const generation = Fields.ofGenerationConfig(checkpoint);
  const ids = (name: string) => (generation.has(name) ? generation : fields).knownIds(name, vocabSize, usual);
  return { bosId: ids("bos_token_id")[0], endOfTextIds: ids("eos_token_id") };
}
