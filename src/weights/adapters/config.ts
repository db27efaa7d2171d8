/** Reads and writes adapter_config.json of LoRA adapters (Hu et al. 2021) in the format of PEFT. */

import { Fields, LIMITS } from "../../families/fields.ts";
import type { JsonObject } from "../../files/json.ts";
import { MAX_PATTERN, modulePattern } from "./module-pattern.ts";

export const ADAPTER_CONFIG = "adapter_config.json";
export const ADAPTER_WEIGHTS = "adapter_model.safetensors";

/** The value of target_modules for all linear layers but the output head. */
export const ALL_LINEAR = "all-linear";

/** Rank and scaling of a layer. */
export interface ModuleScaling {
  /** Inner width of the matrices. */
  readonly rank: number;
  /** Factor of B A: alpha / rank, or alpha / sqrt(rank) with `use_rslora` (Kalajdzievski 2023). */
  readonly scaling: number;
}

/** Rank and scaling are the defaults, for layers that no pattern names. */
export interface AdapterConfig extends ModuleScaling {
  /** Whether the rows of changed weights have lengths of their own (DoRA, Liu et al. 2024). */
  readonly isDecomposed: boolean;
  /** Rank and scaling of a module by its name. rank_pattern and alpha_pattern name exceptions. */
  readonly of: (module: string) => ModuleScaling;
  /** Names of modules, or the last parts of them. Undefined for a pattern. */
  readonly targets: readonly string[] | undefined;
  /** The same for parameters of experts. */
  readonly parameters: readonly string[];
  /** Names of modules, or the last parts of them, whose weights the adapter replaces. */
  readonly modulesToSave: readonly string[];
  /** Name or path of the model that the adapter was trained for, if the file says it. */
  readonly baseModel: string | undefined;
}

/** Unsupported fields, which must be empty. */
const UNSUPPORTED_LISTS = [
  "layer_replication",
  "trainable_token_indices",
  "alora_invocation_tokens",
] as const;

const UNSUPPORTED_SWITCHES = ["use_qalora", "lora_bias"] as const;

const TASKS = ["CAUSAL_LM", "SEQ_CLS"] as const;
/** Trained biases replace the biases of the model. */
const BIASES = ["none", "all", "lora_only"] as const;

/** Initializations that do not change the base model. */
const HARMLESS_BEGINNINGS = [true, false, "gaussian", "eva", "orthogonal"] as const;

/**
 * @param file the path in error messages
 * @throws GptError `invalid-file` that names the wrong or unsupported field
 */
export function readAdapterConfig(file: string, json: JsonObject): AdapterConfig {
  const fields = new Fields(file, "", (name) => json[name]);
  if (fields.text("peft_type", "") !== "LORA") throw fields.wrong("peft_type", 'expected "LORA"');
  fields.require("task_type", TASKS, 'expected "CAUSAL_LM" or "SEQ_CLS"');
  fields.require("bias", BIASES, `expected one of ${BIASES.join(", ")}`);
  fields.require(
    "init_lora_weights",
    HARMLESS_BEGINNINGS,
    "which changes the base model and is not supported",
  );
  for (const name of UNSUPPORTED_SWITCHES) fields.require(name, [false], "which is not supported");
  for (const name of UNSUPPORTED_LISTS) {
    if (!isEmpty(fields.value(name))) throw fields.wrong(name, "which is not supported");
  }
  fields.flag("fan_in_fan_out", false); // the layer decides, as in PEFT
  const of = scalingsOf(fields);
  const parameters = namesOf(fields, "target_parameters");
  return {
    ...of(""),
    of,
    isDecomposed: fields.flag("use_dora", false),
    targets: targetsOf(fields, parameters.length === 0),
    parameters,
    modulesToSave: namesOf(fields, "modules_to_save"),
    baseModel: fields.has("base_model_name_or_path") ? fields.text("base_model_name_or_path", "") : undefined,
  };
}

function scalingsOf(fields: Fields): AdapterConfig["of"] {
  const rank = fields.count("r", LIMITS.width, 8);
  const alpha = fields.positive("lora_alpha", 8);
  const isRooted = fields.flag("use_rslora", false);
  const ranks = patternsOf(fields, "rank_pattern", (values, pattern) => values.count(pattern, LIMITS.width));
  const alphas = patternsOf(fields, "alpha_pattern", (values, pattern) => values.positive(pattern));
  return (module) => {
    const ownRank = ranks.find(({ matches }) => matches(module))?.value ?? rank;
    const ownAlpha = alphas.find(({ matches }) => matches(module))?.value ?? alpha;
    return { rank: ownRank, scaling: ownAlpha / (isRooted ? Math.sqrt(ownRank) : ownRank) };
  };
}

interface ModulePattern {
  readonly matches: (module: string) => boolean;
  readonly value: number;
}

/** Exceptions by patterns of module names. The first match counts. */
function patternsOf(
  fields: Fields,
  name: string,
  read: (values: Fields, pattern: string) => number,
): readonly ModulePattern[] {
  const values = fields.nested(name);
  if (values === undefined) return [];
  return Object.keys(fields.object(name) ?? {}).map((pattern) => {
    if (pattern.length > MAX_PATTERN) {
      throw values.wrong(pattern, `but its name is longer than ${MAX_PATTERN} characters`);
    }
    const matches = modulePattern(pattern);
    if (matches === undefined) throw values.wrong(pattern, "but its name is no pattern that is supported");
    return { matches, value: read(values, pattern) };
  });
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);

/** A text is a regular expression, or `all-linear`. */
function targetsOf(fields: Fields, areNeeded: boolean): readonly string[] | undefined {
  if (typeof fields.value("target_modules") === "string") return undefined;
  const targets = namesOf(fields, "target_modules");
  if (targets.length === 0 && areNeeded) throw fields.wrong("target_modules", "expected names of modules");
  return targets;
}

/** A list of names. Empty for a missing field. */
function namesOf(fields: Fields, name: string): readonly string[] {
  return fields.list(name).map((item) => {
    if (typeof item === "string") return item;
    throw fields.wrong(name, "expected names of modules");
  });
}

/** The settings of a new adapter. */
export interface NewAdapter {
  readonly rank: number;
  readonly alpha: number;
  /** Whether its product is multiplied by alpha / sqrt(rank). */
  readonly isRooted: boolean;
  readonly isDecomposed: boolean;
  readonly dropout: number;
  readonly targets: readonly string[];
  /** Targets that are parameters of experts. */
  readonly parameters: readonly string[];
  readonly baseModel: string;
  /** Whether the layers are stored [inputs, outputs], as GPT-2's are. */
  readonly fanInFanOut: boolean;
}

/** The fields that PEFT writes. */
export const adapterConfigJson = ({
  rank,
  alpha,
  isRooted,
  isDecomposed,
  dropout,
  targets,
  parameters,
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
  ...(parameters.length > 0 && { target_parameters: parameters }),
  task_type: "CAUSAL_LM",
  use_dora: isDecomposed,
  use_rslora: isRooted,
});
