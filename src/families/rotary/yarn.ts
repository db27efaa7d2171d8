/** YaRN (Peng et al. 2023) in both formats. */
import { ggufValue } from "../../checkpoint/gguf/entries.ts";
import type { JsonObject } from "../../files/json.ts";
import type { YarnScaling } from "../../model/attention/rotary-config.ts";
import { type Fields, LIMITS } from "../fields.ts";
import { shortest } from "../shortest.ts";

/**
 * Turns of a pair within the original context: pairs that turn more are kept, those that turn less are
 * scaled.
 */
const BETA_FAST = 32;
const BETA_SLOW = 1;

/** Factor of cosines and sines that the paper recommends, by a multiple of its logarithm. */
export const yarnMagnitude = (factor: number, multiple = 1): number =>
  factor <= 1 ? 1 : 0.1 * multiple * Math.log(factor) + 1;

/**
 * @param originalPositions length of the first training
 * @param scalesScores whether `mscale_all_dim` also scales the scores
 */
export function yarnOf(parameters: Fields, originalPositions: number, scalesScores = false): YarnScaling {
  const factor = parameters.positive("factor");
  return {
    kind: "yarn",
    factor,
    originalPositions,
    betaFast: parameters.positive("beta_fast", BETA_FAST),
    betaSlow: parameters.positive("beta_slow", BETA_SLOW),
    truncate: parameters.flag("truncate", true),
    magnitude: magnitudeOf(parameters, factor),
    ...(scalesScores && hasMultiple(parameters) && { scoreMultiple: parameters.positive("mscale_all_dim") }),
  };
}

/** 0 stands for none. */
const hasMultiple = (parameters: Fields): boolean =>
  parameters.has("mscale_all_dim") && !parameters.is("mscale_all_dim", 0);

/** `attention_factor`; else the quotient of the multiples of DeepSeek; else that of the paper. */
function magnitudeOf(parameters: Fields, factor: number): number {
  if (parameters.has("attention_factor")) return parameters.positive("attention_factor");
  const [own, all] = [parameters.value("mscale"), parameters.value("mscale_all_dim")];
  if (!own || !all) return yarnMagnitude(factor);
  return (
    yarnMagnitude(factor, parameters.positive("mscale")) /
    yarnMagnitude(factor, parameters.positive("mscale_all_dim"))
  );
}

export const yarnJson = (scaling: YarnScaling): JsonObject => ({
  rope_type: "yarn",
  factor: scaling.factor,
  original_max_position_embeddings: scaling.originalPositions,
  beta_fast: scaling.betaFast,
  beta_slow: scaling.betaSlow,
  truncate: scaling.truncate,
  attention_factor: scaling.magnitude,
  ...(scaling.scoreMultiple !== undefined && { mscale_all_dim: scaling.scoreMultiple }),
});

/** Files of models whose scores grow too have a tenth of the multiple. */
const TENTH = 0.1;

/**
 * @param truncate GGUF has no key for it: its architectures fix it
 * @param scalesScores the multiple of the logarithm is that of the scores, and cosines and sines have the
 *   magnitude 1
 */
export function yarnOfMetadata(fields: Fields, truncate: boolean, scalesScores: boolean): YarnScaling {
  const factor = fields.positive("rope.scaling.factor");
  const log = "rope.scaling.yarn_log_multiplier";
  const multiple = fields.has(log) && !fields.is(log, 0) ? fields.positive(log) : 0;
  const own =
    scalesScores && multiple > 0
      ? shortest(
          multiple,
          (m) => Math.fround(TENTH * m),
          (m) => m / TENTH,
        )
      : 0;
  return {
    kind: "yarn",
    factor,
    originalPositions: fields.count("rope.scaling.original_context_length", LIMITS.positions),
    betaFast: fields.positive("rope.scaling.yarn_beta_fast", BETA_FAST),
    betaSlow: fields.positive("rope.scaling.yarn_beta_slow", BETA_SLOW),
    truncate,
    ...(own > 0 && { scoreMultiple: own }),
    magnitude:
      own > 0
        ? 1
        : (yarnMagnitude(factor) * fields.positive("rope.scaling.attn_factor", 1)) /
          yarnMagnitude(factor, multiple),
  };
}

/** llama.cpp multiplies the magnitude of the paper with `attn_factor`. */
export function yarnEntries(scaling: YarnScaling): (readonly [key: string, value: Uint8Array])[] {
  const beside = scaling.magnitude / yarnMagnitude(scaling.factor);
  const { float32, string, uint32 } = ggufValue;
  return [
    ["rope.scaling.type", string("yarn")],
    ["rope.scaling.factor", float32(scaling.factor)],
    ["rope.scaling.original_context_length", uint32(scaling.originalPositions)],
    ["rope.scaling.yarn_beta_fast", float32(scaling.betaFast)],
    ["rope.scaling.yarn_beta_slow", float32(scaling.betaSlow)],
    ...(scaling.scoreMultiple !== undefined
      ? [["rope.scaling.yarn_log_multiplier", float32(TENTH * scaling.scoreMultiple)] as const]
      : beside === 1
        ? []
        : [["rope.scaling.attn_factor", float32(beside)] as const]),
  ];
}
