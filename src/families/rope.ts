/** The rotary embedding as checkpoints describe it, with its scalings. */
import type { GgufCheckpoint } from "../checkpoint/checkpoint.ts";
import { TensorReader } from "../checkpoint/reader.ts";
import { isJsonObject } from "../files/json.ts";
import { quote } from "../files/quote.ts";
import type { RopeScaling } from "../model/config.ts";
import { rotaryDivisors, rotaryFrequencies } from "../model/positions.ts";
import { type Fields, LIMITS } from "./fields.ts";
import type { PositionScheme } from "./uniform.ts";

/** The default of all model classes here and of llama.cpp. */
const DEFAULT_THETA = 10_000;

/**
 * Of config.json: `rope_theta` and `rope_scaling`, or `rope_parameters` (transformers 5).
 * @throws GptError `invalid-file` for a scaling that is not implemented, by its name
 */
export function rotaryOfConfig(fields: Fields, headDim: number): PositionScheme {
  requireEven(fields, headDim);
  const parameters = ropeParameters(fields);
  const places = parameters === undefined ? [fields] : [parameters, fields];
  for (const place of places) place.require("partial_rotary_factor", [1], "but only whole heads are rotated");
  const theta = places.find((place) => place.has("rope_theta"))?.positive("rope_theta") ?? DEFAULT_THETA;
  return {
    kind: "rotary",
    theta,
    scaling: parameters === undefined ? { kind: "none" } : ropeScaling(parameters),
  };
}

/**
 * Of GGUF metadata, and of the tensor `rope_freqs.weight` where there is one (Llama 3.1 and later).
 * @throws GptError `invalid-file` for a scaling that is not implemented, by its name
 */
export async function rotaryOfMetadata(
  checkpoint: GgufCheckpoint,
  fields: Fields,
  headDim: number,
): Promise<PositionScheme> {
  requireEven(fields, headDim);
  fields.require("rope.dimension_count", [headDim], `but only whole heads, of ${headDim}, are rotated`);
  const theta = fields.positive("rope.freq_base", DEFAULT_THETA);
  const factor = linearFactor(fields);
  const divisors = await ropeDivisors(checkpoint, fields, headDim / 2);
  if (divisors !== undefined) {
    return {
      kind: "rotary",
      theta,
      scaling: { kind: "divisors", divisors: divisors.map((value) => value * factor) },
    };
  }
  return { kind: "rotary", theta, scaling: factor === 1 ? { kind: "none" } : { kind: "linear", factor } };
}

function requireEven(fields: Fields, headDim: number): void {
  if (headDim % 2 !== 0) {
    throw fields.invalid(`heads of ${headDim} cannot be rotated in pairs: expected an even size`);
  }
}

/** The object that holds the parameters; where it has one object for each kind of layer, they must agree. */
function ropeParameters(fields: Fields): Fields | undefined {
  const name = ["rope_scaling", "rope_parameters"].find(
    (place) => Object.keys(fields.object(place) ?? {}).length > 0,
  );
  if (name === undefined) return undefined;
  const kinds = Object.entries(fields.object(name) ?? {}).filter(([, value]) => isJsonObject(value));
  const [first] = kinds;
  if (first === undefined) return fields.nested(name);
  if (new Set(kinds.map(([, value]) => JSON.stringify(value))).size > 1) {
    throw fields.invalid(`${name} differs between kinds of layers, which is not supported`);
  }
  return fields.nested(name)?.nested(first[0]);
}

function ropeScaling(parameters: Fields): RopeScaling {
  const name = parameters.has("rope_type") ? "rope_type" : "type";
  switch (parameters.text(name, "default")) {
    case "default":
      return { kind: "none" };
    case "linear":
      return { kind: "linear", factor: parameters.positive("factor") };
    case "llama3":
      return llama3OfConfig(parameters);
    default:
      throw parameters.wrong(name, "which is not supported; default, linear and llama3 are");
  }
}

function llama3OfConfig(parameters: Fields): RopeScaling {
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

/** As llama.cpp: a factor without a type is linear, and 0 is none. */
function linearFactor(fields: Fields): number {
  fields.require("rope.scaling.type", ["none", "linear"], "which is not supported; none and linear are");
  const name = fields.has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear";
  const unscaled = fields.is("rope.scaling.type", "none") || fields.is(name, 0);
  return unscaled ? 1 : fields.positive(name, 1);
}

/** One divisor for each pair of dimensions. */
async function ropeDivisors(
  { tensors }: GgufCheckpoint,
  fields: Fields,
  pairs: number,
): Promise<readonly number[] | undefined> {
  const tensor = tensors.get("rope_freqs.weight");
  if (tensor === undefined) return undefined;
  if (tensor.dtype !== "F32" || tensor.shape.length !== 1 || tensor.shape[0] !== pairs) {
    const found = `${tensor.dtype} ${quote(tensor.shape)}`;
    throw fields.invalid(`tensor "rope_freqs.weight" is ${found}, expected F32 [${pairs}]`);
  }
  const divisors = new Float32Array(pairs);
  const reader = new TensorReader();
  await reader.read(tensor, 0, new Uint8Array(divisors.buffer)).finally(() => reader.close());
  if (!divisors.every((divisor) => Number.isFinite(divisor) && divisor > 0)) {
    throw fields.invalid('tensor "rope_freqs.weight" holds a divisor that is not above 0');
  }
  return [...divisors];
}

/** Every Llama 3 has these, and GGUF does not say them. */
const LLAMA3_FACTORS = { lowFreqFactor: 1, highFreqFactor: 4 } as const;

/** How far divisors, which are stored in f32, may be from those of a scaling. */
const DIVISOR_TOLERANCE = 1e-5;

/** The scaling that makes so many divisors; undefined where none with the factors of Llama 3 does. */
export function llama3Scaling(
  headDim: number,
  theta: number,
  divisors: readonly number[],
): RopeScaling | undefined {
  const { lowFreqFactor, highFreqFactor } = LLAMA3_FACTORS;
  const factor = Math.max(...divisors);
  const pair = divisors.findIndex((divisor) => divisor > 1 && divisor < factor);
  const [divisor, frequency] = [divisors[pair], rotaryFrequencies(headDim, theta, { kind: "none" })[pair]];
  if (divisor === undefined || frequency === undefined) return undefined;
  const smooth = (1 / divisor - 1 / factor) / (1 - 1 / factor);
  const turns = lowFreqFactor + smooth * (highFreqFactor - lowFreqFactor);
  const originalPositions = Math.round((2 * Math.PI * turns) / frequency);
  const scaling: RopeScaling = { kind: "llama3", factor, ...LLAMA3_FACTORS, originalPositions };
  const made = rotaryDivisors(headDim, theta, scaling);
  const agree = made.every((value, i) => Math.abs(value / (divisors[i] ?? 0) - 1) < DIVISOR_TOLERANCE);
  return agree ? scaling : undefined;
}
