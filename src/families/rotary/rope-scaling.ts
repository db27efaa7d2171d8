/** Scalings of the rotary frequencies in config.json. */
import type { JsonObject } from "../../files/json.ts";
import { rotaryDivisors, rotaryFrequencies } from "../../model/attention/rotary.ts";
import type { RopeScaling } from "../../model/attention/rotary-config.ts";
import { type Fields, LIMITS } from "../fields.ts";
import { yarnJson, yarnOf } from "./yarn.ts";

/**
 * @param fields around the parameters
 * @param scalesScores whether YaRN also scales the scores
 * @throws GptError `invalid-file` for a scaling that is not implemented, by its name
 */
export function readScaling(parameters: Fields, fields: Fields, scalesScores = false): RopeScaling {
  const name = parameters.has("rope_type") ? "rope_type" : "type";
  switch (parameters.text(name, "default")) {
    case "default":
    // Positions in three directions (Qwen2-VL), which are equal in texts.
    case "mrope":
      return { kind: "none" };
    case "linear":
      return { kind: "linear", factor: parameters.positive("factor") };
    case "llama3":
      return readLlama3(parameters);
    case "yarn":
      return yarnOf(parameters, originalPositions(parameters, fields), scalesScores);
    case "longrope":
    case "su":
      return readLongRope(parameters, fields);
    case "dynamic":
      return {
        kind: "dynamic",
        factor: parameters.positive("factor"),
        originalPositions: fields.count(POSITIONS, LIMITS.positions),
      };
    case "proportional":
      return { kind: "proportional", part: parameters.part("partial_rotary_factor", 1) };
    default:
      throw parameters.wrong(name, `which is not supported; ${KINDS} are`);
  }
}

const KINDS = "default, linear, dynamic, llama3, yarn, longrope and proportional";
const POSITIONS = "max_position_embeddings";
const ORIGINAL = "original_max_position_embeddings";

/** Length of the first training: in the parameters, for Phi-3 around them, else the longest sequence. */
function originalPositions(parameters: Fields, fields: Fields): number {
  const place = [parameters, fields].find((place) => place.has(ORIGINAL));
  return place ? place.count(ORIGINAL, LIMITS.positions) : fields.count(POSITIONS, LIMITS.positions);
}

function readLongRope(parameters: Fields, fields: Fields): RopeScaling {
  const original = originalPositions(parameters, fields);
  const usual = fields.count(POSITIONS, LIMITS.positions) / original;
  const stretch = parameters.positive("factor", usual);
  return {
    kind: "longrope",
    short: parameters.positives("short_factor"),
    long: parameters.positives("long_factor"),
    originalPositions: original,
    magnitude: statedMagnitude(parameters) ?? longRopeMagnitude(stretch, original),
  };
}

/** Phi-3.5-MoE names one magnitude of short and one of long texts, which are equal. */
function statedMagnitude(parameters: Fields): number | undefined {
  if (parameters.has("attention_factor")) return parameters.positive("attention_factor");
  if (!parameters.has("short_mscale")) return undefined;
  const short = parameters.positive("short_mscale");
  parameters.require("long_mscale", [short], `expected that of short_mscale, ${short}`);
  return short;
}

const longRopeMagnitude = (stretch: number, original: number): number =>
  stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(original));

function readLlama3(parameters: Fields): RopeScaling {
  const lowFreqFactor = parameters.positive("low_freq_factor");
  const highFreqFactor = parameters.positive("high_freq_factor");
  if (highFreqFactor <= lowFreqFactor) {
    throw parameters.wrong("high_freq_factor", `expected more than low_freq_factor, ${lowFreqFactor}`);
  }
  return {
    kind: "llama3",
    factor: parameters.positive("factor"),
    lowFreqFactor,
    highFreqFactor,
    originalPositions: parameters.count("original_max_position_embeddings", LIMITS.positions),
  };
}

export function scalingJson(scaling: RopeScaling): JsonObject | null {
  switch (scaling.kind) {
    case "linear":
      return { rope_type: "linear", factor: scaling.factor };
    case "llama3":
      return {
        rope_type: "llama3",
        factor: scaling.factor,
        low_freq_factor: scaling.lowFreqFactor,
        high_freq_factor: scaling.highFreqFactor,
        original_max_position_embeddings: scaling.originalPositions,
      };
    case "yarn":
      return yarnJson(scaling);
    case "longrope":
      return {
        rope_type: "longrope",
        short_factor: [...scaling.short],
        long_factor: [...scaling.long],
        original_max_position_embeddings: scaling.originalPositions,
        attention_factor: scaling.magnitude,
      };
    case "dynamic":
      return { rope_type: "dynamic", factor: scaling.factor };
    case "proportional":
      return { rope_type: "proportional", partial_rotary_factor: scaling.part };
    case "none":
    case "divisors":
      return null;
  }
}

/** The factors of every Llama 3. GGUF does not store them. */
const LLAMA3_FACTORS = { lowFreqFactor: 1, highFreqFactor: 4 } as const;

/** Relative error of divisors that are stored in f32. */
const DIVISOR_TOLERANCE = 1e-5;

/** A divisor of pairs that do not turn, as llama.cpp writes it. */
export const NO_TURN = 1e30;

/** The scaling of config.json that gives these divisors; undefined if none does. */
export const namedScaling = (
  dims: number,
  theta: number,
  divisors: readonly number[],
): RopeScaling | undefined => proportionalScaling(dims, divisors) ?? llama3Scaling(dims, theta, divisors);

function proportionalScaling(dims: number, divisors: readonly number[]): RopeScaling | undefined {
  const turning = divisors.findIndex((divisor) => divisor !== 1);
  const isProportional = turning >= 0 && divisors.every((divisor, i) => i < turning || divisor > NO_TURN / 2);
  return isProportional ? { kind: "proportional", part: (2 * turning || 1) / dims } : undefined;
}

/** The scaling of Llama 3 that gives these divisors; undefined if none does. */
function llama3Scaling(dims: number, theta: number, divisors: readonly number[]): RopeScaling | undefined {
  const { lowFreqFactor, highFreqFactor } = LLAMA3_FACTORS;
  const factor = Math.max(...divisors);
  const pair = divisors.findIndex((divisor) => divisor > 1 && divisor < factor);
  const [divisor, frequency] = [divisors[pair], rotaryFrequencies(dims, theta, { kind: "none" })[pair]];
  if (divisor === undefined || frequency === undefined) return undefined;
  const smooth = (1 / divisor - 1 / factor) / (1 - 1 / factor);
  const turns = lowFreqFactor + smooth * (highFreqFactor - lowFreqFactor);
  const originalPositions = Math.round((2 * Math.PI * turns) / frequency);
  const scaling: RopeScaling = { kind: "llama3", factor, ...LLAMA3_FACTORS, originalPositions };
  const made = rotaryDivisors(dims, theta, scaling);
  const agree = made.every((value, i) => Math.abs(value / (divisors[i] ?? 0) - 1) < DIVISOR_TOLERANCE);
  return agree ? scaling : undefined;
}
