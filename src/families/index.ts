/** From a checkpoint to the description of its model: picks the family by what the checkpoint calls itself. */
import type { Checkpoint, GgufCheckpoint, HuggingFaceCheckpoint } from "../checkpoint/checkpoint.ts";
import type { ModelDescription } from "./family.ts";
import { Fields } from "./fields.ts";
import { describeGguf, GGUF_ARCHITECTURES } from "./gguf.ts";
import { describeGpt2 } from "./gpt2.ts";
import { describeLlama, describeMistral } from "./llama.ts";
import { describeOpenAiGpt } from "./openai-gpt.ts";
import { describeQwen2, describeQwen3 } from "./qwen.ts";

type Family = (checkpoint: HuggingFaceCheckpoint) => ModelDescription;

/** By `model_type` of config.json. */
const FAMILIES: ReadonlyMap<string, Family> = new Map([
  ["openai-gpt", describeOpenAiGpt],
  ["gpt2", describeGpt2],
  ["llama", describeLlama],
  ["mistral", describeMistral],
  ["qwen2", describeQwen2],
  ["qwen3", describeQwen3],
]);

/** How the classes of transformers begin, by `model_type`; `architectures` names one of them. */
const CLASS_NAMES: ReadonlyMap<string, string> = new Map([
  ["openai-gpt", "OpenAIGPT"],
  ["gpt2", "GPT2"],
  ["llama", "Llama"],
  ["mistral", "Mistral"],
  ["qwen2", "Qwen2"],
  ["qwen3", "Qwen3"],
]);
/** And how they end: what the model is for. */
const CLASS_SUFFIX = /(LMHeadModel|ForCausalLM|ForSequenceClassification)$/;

/**
 * Translates a checkpoint's config and tensor names. Reads no weights, except the rotary divisors of a GGUF file.
 * @throws GptError `invalid-file` for an unknown family, and for a field that is wrong or asks for what is not implemented
 */
export async function describeModel(checkpoint: Checkpoint): Promise<ModelDescription> {
  return checkpoint.format === "gguf" ? describeGgufModel(checkpoint) : describeDirectory(checkpoint);
}

/** How transformers' classes for a model begin, such as `GPT2`. @throws as `describeModel` */
export const classNameOf = (checkpoint: HuggingFaceCheckpoint): string | undefined =>
  CLASS_NAMES.get(modelTypeOf(Fields.ofConfig(checkpoint)) ?? "");

function describeDirectory(checkpoint: HuggingFaceCheckpoint): ModelDescription {
  const fields = Fields.ofConfig(checkpoint);
  const describe = FAMILIES.get(modelTypeOf(fields) ?? "");
  if (describe !== undefined) return describe(checkpoint);
  const supported = `expected one of ${[...FAMILIES.keys()].join(", ")}`;
  if (fields.has("architectures") && !fields.has("model_type")) {
    throw fields.wrong("architectures", `and model_type is missing, ${supported}`);
  }
  throw fields.wrong("model_type", supported);
}

/** The family of a config; where that does not name it by its class, else by words that only the first two GPTs use. */
function modelTypeOf(fields: Fields): string | undefined {
  if (fields.has("model_type")) return fields.text("model_type", "");
  if (fields.has("architectures")) {
    const [name] = fields.list("architectures");
    const begin = typeof name === "string" ? name.replace(CLASS_SUFFIX, "") : "";
    return [...CLASS_NAMES].find(([, known]) => known === begin)?.[0];
  }
  if (fields.has("afn")) return "openai-gpt";
  return fields.has("n_embd") && fields.has("n_layer") && fields.has("n_head") ? "gpt2" : undefined;
}

function describeGgufModel(checkpoint: GgufCheckpoint): Promise<ModelDescription> {
  const fields = Fields.ofMetadata(checkpoint, "general.");
  const family = GGUF_ARCHITECTURES.find((name) => name === fields.text("architecture", ""));
  if (family === undefined) {
    throw fields.wrong("architecture", `expected one of ${GGUF_ARCHITECTURES.join(", ")}`);
  }
  return describeGguf(checkpoint, family);
}
