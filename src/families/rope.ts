/** The rotary embedding in both formats: `rope_theta` and `rope_scaling`, or the `rope.` keys of GGUF. */
import { ggufValue } from "../checkpoint/gguf-entries.ts";
import type { TensorToWrite } from "../checkpoint/tensor-to-write.ts";
import type { JsonObject } from "../files/json.ts";
import { isJsonObject } from "../files/json.ts";
import type { DecoderConfig, RotaryConfig } from "../model/config.ts";
import { attentionsOf } from "../model/mixers.ts";
import { rotaryDivisors } from "../model/positions.ts";
import type { Fields } from "./fields.ts";
import { linearOfMetadata, readScaling, scalingEntries, scalingJson } from "./rope-scaling.ts";
import type { StoredConfig } from "./stored-config.ts";

/** The default of all model classes here and of llama.cpp. */
const DEFAULT_THETA = 10_000;

/**
 * @param part of a head that turns, where `rope_parameters` does not say it
 * @throws GptError `invalid-file` for a scaling that is not implemented, by its name
 */
export function rotaryOf(stored: StoredConfig, headDim: number, part?: number): RotaryConfig {
  const { fields, format } = stored;
  const rotary = format === "gguf" ? ofMetadata(stored, headDim) : ofConfig(fields, headDim, part);
  const { dims } = rotary;
  if (dims > 0 && dims % 2 === 0) return rotary;
  const rotated = dims === headDim ? `heads of ${dims}` : `${dims} of the ${headDim} dimensions of a head`;
  throw fields.invalid(`${rotated} cannot be rotated in pairs: expected an even size`);
}

/** `rope_theta` and `rope_scaling`, or `rope_parameters` (transformers 5). */
function ofConfig(fields: Fields, headDim: number, part?: number): RotaryConfig {
  const parameters = ropeParameters(fields);
  const places = parameters === undefined ? [fields] : [parameters, fields];
  const factor = partialFactor(part === undefined ? places : places.slice(0, -1)) ?? part ?? 1;
  const theta = places.find((place) => place.has("rope_theta"))?.positive("rope_theta") ?? DEFAULT_THETA;
  const scaling = parameters === undefined ? ({ kind: "none" } as const) : readScaling(parameters);
  return { kind: "rotary", theta, dims: Math.floor(headDim * factor), scaling };
}

/** The part of a head that turns. */
function partialFactor(places: readonly Fields[]): number | undefined {
  const name = "partial_rotary_factor";
  return places.find((place) => place.has(name))?.part(name);
}

/** Metadata, and the tensor `rope_freqs.weight` of files that have it (Llama 3.1 and later). */
function ofMetadata({ fields, rotaryDivisors: divisors }: StoredConfig, headDim: number): RotaryConfig {
  const dims = fields.count("rope.dimension_count", headDim, headDim);
  const theta = fields.positive("rope.freq_base", DEFAULT_THETA);
  const factor = linearOfMetadata(fields);
  const rotary = { kind: "rotary", theta, dims } as const;
  if (divisors === undefined) {
    return { ...rotary, scaling: factor === 1 ? { kind: "none" } : { kind: "linear", factor } };
  }
  if (divisors.length !== dims / 2) {
    const expected = `expected F32 [${dims / 2}]`;
    throw fields.invalid(`tensor "rope_freqs.weight" is F32 [${divisors.length}], ${expected}`);
  }
  return { ...rotary, scaling: { kind: "divisors", divisors: divisors.map((value) => value * factor) } };
}

/** The object with the parameters. It may hold an object for each kind of layer, which must then be equal. */
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

/** The rotary embedding that all layers share. */
function rotaryIn(config: DecoderConfig): RotaryConfig | undefined {
  const position = attentionsOf(config)[0]?.position;
  return position?.kind === "rotary" ? position : undefined;
}

/** The part of a head that turns, for config.json: its product with the size of a head is rounded down. */
export function rotaryPart(config: DecoderConfig): number | undefined {
  const rotary = rotaryIn(config);
  if (rotary === undefined) return undefined;
  const headDim = attentionsOf(config)[0]?.headDim ?? rotary.dims;
  const part = rotary.dims / headDim;
  return Math.floor(headDim * part) === rotary.dims ? part : (rotary.dims + 0.5) / headDim;
}

/** The fields of config.json. */
export function ropeJson(config: DecoderConfig): JsonObject {
  const rotary = rotaryIn(config);
  if (rotary === undefined) return {};
  const part = rotaryPart(config) ?? 1;
  return {
    ...(part < 1 && { partial_rotary_factor: part }),
    rope_theta: rotary.theta,
    rope_scaling: scalingJson(rotary.scaling),
  };
}

/** The keys of GGUF metadata. */
export function ropeEntries(config: DecoderConfig): (readonly [key: string, value: Uint8Array])[] {
  const rotary = rotaryIn(config);
  if (rotary === undefined) return [];
  return [
    ["rope.dimension_count", ggufValue.uint32(rotary.dims)],
    ["rope.freq_base", ggufValue.float32(rotary.theta)],
    ...scalingEntries(rotary.scaling),
  ];
}

/** `rope_freqs.weight`: a divisor for each rotary frequency, unless all have the same. */
export function rotaryDivisorTensor(config: DecoderConfig): TensorToWrite[] {
  const rotary = rotaryIn(config);
  if (rotary === undefined || !["llama3", "divisors"].includes(rotary.scaling.kind)) return [];
  const { dims, theta, scaling } = rotary;
  const bytes = new Uint8Array(Float32Array.from(rotaryDivisors(dims, theta, scaling)).buffer);
  return [{ name: "rope_freqs.weight", dtype: "F32", shape: [dims / 2], send: (write) => write(bytes) }];
}
