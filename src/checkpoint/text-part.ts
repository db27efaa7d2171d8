/**
 * The text part of a model that also sees or hears, as a checkpoint of its own: the fields of `text_config`
 * and names of tensors without the name of the part. Tensors of the other parts keep their names: no decoder
 * asks for them.
 */
import { isJsonObject, type JsonObject } from "../files/json.ts";
import type { HuggingFaceCheckpoint, StoredTensor } from "./checkpoint.ts";

/** Prefixes of the text part, and those of a model of text alone. */
const PREFIXES = [
  ["model.language_model.", "model."],
  ["model.text_model.", "model."],
  ["language_model.model.", "model."],
  ["language_model.lm_head.", "lm_head."],
] as const;

/** Fields of the whole that its text part may lack. */
const SHARED = [
  "tie_word_embeddings",
  "bos_token_id",
  "eos_token_id",
  "pad_token_id",
  "torch_dtype",
  "dtype",
  "quantization_config",
  "model_type",
] as const;

/** The checkpoint itself if it has no other part than text. */
export function textPart(checkpoint: HuggingFaceCheckpoint): HuggingFaceCheckpoint {
  const { config, tensors } = checkpoint;
  const { text_config: text, model_type: type } = config;
  if (!isJsonObject(text)) return checkpoint;
  return {
    ...checkpoint,
    config: { ...sharedFields(config), ...text, ...textClass(config, text) },
    tensors: new Map([...tensors.values()].map(renamed).map((tensor) => [tensor.name, tensor])),
    ...(typeof type === "string" && { textPartOf: type }),
  };
}

const sharedFields = (config: JsonObject): JsonObject =>
  Object.fromEntries(SHARED.flatMap((name) => (config[name] === undefined ? [] : [[name, config[name]]])));

/** `Gemma3ForConditionalGeneration` of a gemma3 has a Gemma3ForCausalLM of type gemma3_text. */
function textClass(config: JsonObject, { model_type: type }: JsonObject): JsonObject {
  const [name] = [config.architectures].flat();
  if (typeof name !== "string" || type !== `${String(config.model_type)}_text`) return {};
  return { architectures: [name.replace("ForConditionalGeneration", "ForCausalLM")] };
}

function renamed(tensor: StoredTensor): StoredTensor {
  const [from = "", to = ""] = PREFIXES.find(([prefix]) => tensor.name.startsWith(prefix)) ?? [];
  return { ...tensor, name: to + tensor.name.slice(from.length) };
}
