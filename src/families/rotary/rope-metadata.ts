/** Scalings of the rotary frequencies in GGUF: keys and tensors, as llama.cpp has them. */
import { ggufValue } from "../../checkpoint/gguf/entries.ts";
import type { TensorToWrite } from "../../checkpoint/tensor-to-write.ts";
import { rotaryDivisors } from "../../model/attention/rotary.ts";
import type { RopeScaling, RotaryConfig } from "../../model/attention/rotary-config.ts";
import { LIMITS } from "../fields.ts";
import type { StoredConfig } from "../stored-config.ts";
import { NO_TURN } from "./rope-scaling.ts";
import { yarnEntries, yarnOfMetadata } from "./yarn.ts";

const TYPE = "rope.scaling.type";
const FACTOR = "rope.scaling.factor";
const ORIGINAL = "rope.scaling.original_context_length";
const MAGNITUDE = "rope.scaling.attn_factor";
const FREQUENCIES = "rope_freqs.weight";
const LONG = "rope_factors_long.weight";
const SHORT = "rope_factors_short.weight";

/**
 * @param truncate whether YaRN's ramp has whole pairs as its ends: GGUF does not say it
 * @param scalesScores whether YaRN also scales the scores
 * @throws GptError `invalid-file` for a scaling that is not implemented, by its name
 */
export function scalingOfMetadata(
  stored: StoredConfig,
  dims: number,
  truncate = true,
  scalesScores = false,
): RopeScaling {
  const { fields, divisorTensors } = stored;
  if (fields.is(TYPE, "yarn")) return yarnOfMetadata(fields, truncate, scalesScores);
  const [long, short] = [divisors(stored, LONG, dims), divisors(stored, SHORT, dims)];
  if (long && short) {
    const originalPositions = fields.count(ORIGINAL, LIMITS.positions);
    return { kind: "longrope", short, long, originalPositions, magnitude: fields.positive(MAGNITUDE, 1) };
  }
  const factor = linearOfMetadata(stored);
  const own = divisorTensors.has(FREQUENCIES) ? divisors(stored, FREQUENCIES, dims) : undefined;
  if (own === undefined) return factor === 1 ? { kind: "none" } : { kind: "linear", factor };
  return { kind: "divisors", divisors: own.map((value) => value * factor) };
}

/** As llama.cpp does: a factor without a type is linear, and 0 means none. */
function linearOfMetadata({ fields }: StoredConfig): number {
  fields.require(
    TYPE,
    ["none", "linear", "longrope"],
    "which is not supported; none, linear, longrope and yarn are",
  );
  const name = fields.has(FACTOR) ? FACTOR : "rope.scale_linear";
  const unscaled = fields.is(TYPE, "none") || fields.is(name, 0);
  return unscaled ? 1 : fields.positive(name, 1);
}

function divisors({ fields, divisorTensors }: StoredConfig, name: string, dims: number) {
  const found = divisorTensors.get(name);
  if (found === undefined || found.length === dims / 2) return found;
  throw fields.invalid(`tensor "${name}" is F32 [${found.length}], expected F32 [${dims / 2}]`);
}

/** The keys of a scaling; some scalings are tensors. */
export function scalingEntries(scaling: RopeScaling): (readonly [key: string, value: Uint8Array])[] {
  const { string, float32, uint32 } = ggufValue;
  switch (scaling.kind) {
    case "linear":
      return [
        [TYPE, string("linear")],
        [FACTOR, float32(scaling.factor)],
      ];
    case "yarn":
      return yarnEntries(scaling);
    case "longrope":
      return [
        [ORIGINAL, uint32(scaling.originalPositions)],
        [MAGNITUDE, float32(scaling.magnitude)],
      ];
    default:
      return [];
  }
}

/** The tensors of a scaling: a divisor for each rotary frequency. */
export function scalingTensors({ dims, theta, scaling }: RotaryConfig): TensorToWrite[] {
  const tensor = (name: string, divisors: readonly number[]): TensorToWrite => {
    const bytes = new Uint8Array(Float32Array.from(divisors, (value) => Math.min(value, NO_TURN)).buffer);
    return { name, dtype: "F32", shape: [dims / 2], send: (write) => write(bytes) };
  };
  switch (scaling.kind) {
    case "longrope":
      return [tensor(LONG, scaling.long), tensor(SHORT, scaling.short)];
    case "llama3":
    case "divisors":
    case "proportional":
      return [tensor(FREQUENCIES, rotaryDivisors(dims, theta, scaling))];
    default:
      return [];
  }
}
