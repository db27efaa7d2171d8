/** Scalings of the rotary frequencies in both formats. */
import { ggufValue } from "../checkpoint/gguf-entries.ts";
import type { JsonObject } from "../files/json.ts";
import type { RopeScaling } from "../model/config.ts";
import { rotaryDivisors, rotaryFrequencies } from "../model/positions.ts";
import { type Fields, LIMITS } from "./fields.ts";
import { yarnEntries, yarnJson, yarnOf } from "./yarn.ts";

/** @throws GptError `invalid-file` for a scaling that is not implemented, by its name */
export function readScaling(parameters: Fields): RopeScaling {
  const name = parameters.has("rope_type") ? "rope_type" : "type";
  switch (parameters.text(name, "default")) {
    case "default":
      return { kind: "none" };
    case "linear":
      return { kind: "linear", factor: parameters.positive("factor") };
    case "llama3":
      return readLlama3(parameters);
    case "yarn":
      return yarnOf(parameters);
    default:
      throw parameters.wrong(name, "which is not supported; default, linear, llama3 and yarn are");
  }
}

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

/** Whether metadata asks for YaRN. */
export const isYarn = (fields: Fields): boolean => fields.is("rope.scaling.type", "yarn");

/** As llama.cpp does: a factor without a type is linear, and 0 means none. */
export function linearOfMetadata(fields: Fields): number {
  const known = "which is not supported; none, linear and yarn are";
  fields.require("rope.scaling.type", ["none", "linear", "yarn"], known);
  if (isYarn(fields)) return 1;
  const name = fields.has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear";
  const unscaled = fields.is("rope.scaling.type", "none") || fields.is(name, 0);
  return unscaled ? 1 : fields.positive(name, 1);
}

export function scalingJson(scaling: RopeScaling): JsonObject | null {
  switch (scaling.kind) {
    case "linear":
      return { rope_type: "linear", factor: scaling.factor };
    case "yarn":
      return yarnJson(scaling);
    case "llama3":
      return {
        rope_type: "llama3",
        factor: scaling.factor,
        low_freq_factor: scaling.lowFreqFactor,
        high_freq_factor: scaling.highFreqFactor,
        original_max_position_embeddings: scaling.originalPositions,
      };
    default:
      return null;
  }
}

/** GGUF stores other scalings as a tensor of divisors. */
export function scalingEntries(scaling: RopeScaling): (readonly [key: string, value: Uint8Array])[] {
  if (scaling.kind === "yarn") return yarnEntries(scaling);
  if (scaling.kind !== "linear") return [];
  return [
    ["rope.scaling.type", ggufValue.string("linear")],
    ["rope.scaling.factor", ggufValue.float32(scaling.factor)],
  ];
}

/** The factors of every Llama 3. GGUF does not store them. */
const LLAMA3_FACTORS = { lowFreqFactor: 1, highFreqFactor: 4 } as const;

/** Relative error of divisors that are stored in f32. */
const DIVISOR_TOLERANCE = 1e-5;

/** The scaling of Llama 3 that gives these divisors; undefined if none does. */
export function llama3Scaling(
  dims: number,
  theta: number,
  divisors: readonly number[],
): RopeScaling | undefined {
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
