/** Writes the rotary embedding: the fields of config.json, the keys of GGUF and its tensor of divisors. */
import { ggufValue } from "../../checkpoint/gguf/entries.ts";
import type { TensorToWrite } from "../../checkpoint/tensor-to-write.ts";
import type { JsonObject } from "../../files/json.ts";
import type { RotaryConfig } from "../../model/attention/rotary-config.ts";
import type { AttentionConfig, DecoderConfig } from "../../model/config.ts";
import { attentionsOf } from "../../model/mixers.ts";
import { scalingEntries, scalingTensors } from "./rope-metadata.ts";
import { scalingJson } from "./rope-scaling.ts";

/** A layer that rotates, and its rotary embedding. */
interface Rotated {
  readonly attention: AttentionConfig;
  readonly rotary: RotaryConfig;
}

/** The first layer that sees all positions and rotates, else the first that rotates. */
function rotatedIn(config: DecoderConfig): Rotated | undefined {
  const rotated = allRotated(config);
  return rotated.find(({ attention }) => attention.mask.kind !== "window") ?? rotated[0];
}

/** The first layer with a window, if it rotates otherwise. */
function localIn(config: DecoderConfig): RotaryConfig | undefined {
  const main = rotatedIn(config)?.rotary;
  const local = allRotated(config).find(({ attention }) => attention.mask.kind === "window")?.rotary;
  if (local === undefined || main === undefined) return undefined;
  return local.theta === main.theta && local.dims === main.dims ? undefined : local;
}

const allRotated = (config: DecoderConfig): Rotated[] =>
  attentionsOf(config).flatMap((attention) =>
    attention.position.kind === "rotary" ? [{ attention, rotary: attention.position }] : [],
  );

/**
 * The part of a head that turns, for config.json: its product with the size of a head is rounded down. Latent
 * attention has a size for the part that turns.
 */
export function rotaryPart(config: DecoderConfig): number | undefined {
  const { attention, rotary } = rotatedIn(config) ?? {};
  if (attention === undefined || rotary === undefined) return undefined;
  const headDim = attention.latent?.rotated ?? attention.headDim;
  const part = rotary.dims / headDim;
  return Math.floor(headDim * part) === rotary.dims ? part : (rotary.dims + 0.5) / headDim;
}

/** The fields of config.json. */
export function ropeJson(config: DecoderConfig): JsonObject {
  const { attention, rotary } = rotatedIn(config) ?? {};
  const local = localIn(config);
  if (attention === undefined || rotary === undefined) return {};
  const part = rotaryPart(config) ?? 1;
  return {
    ...(part < 1 && { partial_rotary_factor: part }),
    rope_theta: rotary.theta,
    ...(local && { rope_local_base_freq: local.theta }),
    rope_scaling: withQueryScale(scalingJson(rotary.scaling), attention),
  };
}

/**
 * Transformers has the factor of queries that grow beyond the first training among the parameters of YaRN.
 */
const withQueryScale = (scaling: JsonObject | null, { queryScale }: AttentionConfig): JsonObject | null =>
  scaling?.rope_type === "yarn" && queryScale !== undefined
    ? { ...scaling, llama_4_scaling_beta: queryScale.beta }
    : scaling;

/** The keys of GGUF metadata. */
export function ropeEntries(config: DecoderConfig): (readonly [key: string, value: Uint8Array])[] {
  const rotary = rotatedIn(config)?.rotary;
  const local = localIn(config);
  if (rotary === undefined) return [];
  return [
    ["rope.dimension_count", ggufValue.uint32(rotary.dims)],
    ["rope.freq_base", ggufValue.float32(rotary.theta)],
    ...(local ? [["rope.freq_base_swa", ggufValue.float32(local.theta)] as const] : []),
    ...(local && local.dims !== rotary.dims
      ? [["rope.dimension_count_swa", ggufValue.uint32(local.dims)] as const]
      : []),
    ...scalingEntries(rotary.scaling),
  ];
}

/** Tensors of divisors of the rotary frequencies, unless keys say all. */
export function rotaryTensors(config: DecoderConfig): TensorToWrite[] {
  const rotary = rotatedIn(config)?.rotary;
  return rotary === undefined ? [] : scalingTensors(rotary);
}
