/** adapter_config.json of a LoRA adapter (Hu et al. 2021), as Hugging Face's PEFT writes it. */

import { Fields, LIMITS } from "../../families/fields.ts";
import type { JsonObject } from "../../files/json.ts";

export const ADAPTER_CONFIG = "adapter_config.json";
export const ADAPTER_WEIGHTS = "adapter_model.safetensors";

/** What target_modules says where all linear layers but the output head are meant. */
export const ALL_LINEAR = "all-linear";

export interface AdapterConfig {
  /** Inner width of the adapter's matrices. */
  readonly rank: number;
  /** What B A is multiplied by: alpha / rank, or alpha / sqrt(rank) with `use_rslora` (Kalajdzievski 2023). */
  readonly scaling: number;
  /** Names of modules or the last parts of them; undefined where a pattern says which they are. */
  readonly targets: readonly string[] | undefined;
  /** Name or path of the model that the adapter was trained for, where it says so. */
  readonly baseModel: string | undefined;
}

/** Fields that change what an adapter does, and that must not say anything. */
const UNSUPPORTED_LISTS = [
  "modules_to_save",
  "rank_pattern",
  "alpha_pattern",
  "layer_replication",
  "trainable_token_indices",
  "target_parameters",
  "alora_invocation_tokens",
] as const;

const UNSUPPORTED_SWITCHES = ["use_dora", "use_qalora", "lora_bias"] as const;

/** Ways to draw the first weights that leave the base model as it is. */
const HARMLESS_BEGINNINGS = [true, false, "gaussian", "eva", "orthogonal"] as const;

/**
 * @param file the path that messages name
 * @throws GptError `invalid-file` naming the field that is wrong or asks for what is not implemented
 */
export function readAdapterConfig(file: string, json: JsonObject): AdapterConfig {
  const fields = new Fields(file, "", (name) => json[name]);
  if (fields.text("peft_type", "") !== "LORA") throw fields.wrong("peft_type", 'expected "LORA"');
  fields.require("task_type", ["CAUSAL_LM"], 'expected "CAUSAL_LM"');
  fields.require("bias", ["none"], "but adapters with biases are not supported");
  fields.require(
    "init_lora_weights",
    HARMLESS_BEGINNINGS,
    "which changes the base model and is not supported",
  );
  for (const name of UNSUPPORTED_SWITCHES) fields.require(name, [false], "which is not supported");
  for (const name of UNSUPPORTED_LISTS) {
    if (!isEmpty(fields.value(name))) throw fields.wrong(name, "which is not supported");
  }
  fields.flag("fan_in_fan_out", false); // PEFT goes by the layer itself, too
  const rank = fields.count("r", LIMITS.width, 8);
  const alpha = fields.positive("lora_alpha", 8);
  return {
    rank,
    scaling: alpha / (fields.flag("use_rslora", false) ? Math.sqrt(rank) : rank),
    targets: targetsOf(fields),
    baseModel: fields.has("base_model_name_or_path") ? fields.text("base_model_name_or_path", "") : undefined,
  };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);

/** A text is a regular expression, or the word for all layers. */
function targetsOf(fields: Fields): readonly string[] | undefined {
  if (typeof fields.value("target_modules") === "string") return undefined;
  const targets = fields.list("target_modules");
  if (targets.length === 0) throw fields.wrong("target_modules", "expected names of modules");
  return targets.map((target) => {
    if (typeof target === "string") return target;
    throw fields.wrong("target_modules", "expected names of modules");
  });
}

/** What decides an adapter's numbers, as it is trained. */
export interface NewAdapter {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly targets: readonly string[];
  readonly baseModel: string;
  /** Whether the layers are stored [inputs, outputs], as GPT-2's are. */
  readonly fanInFanOut: boolean;
}

/** The fields that PEFT writes. */
export const adapterConfigJson = ({
  rank,
  alpha,
  dropout,
  targets,
  baseModel,
  fanInFanOut,
}: NewAdapter): JsonObject => ({
  alpha_pattern: {},
  auto_mapping: null,
  base_model_name_or_path: baseModel,
  bias: "none",
  fan_in_fan_out: fanInFanOut,
  inference_mode: true,
  init_lora_weights: true,
  layers_pattern: null,
  layers_to_transform: null,
  lora_alpha: alpha,
  lora_dropout: dropout,
  modules_to_save: null,
  peft_type: "LORA",
  r: rank,
  rank_pattern: {},
  revision: null,
  target_modules: targets,
  task_type: "CAUSAL_LM",
  use_dora: false,
  use_rslora: false,
});
