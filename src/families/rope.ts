/** Reads the rotary embedding: `rope_theta` and `rope_scaling`, or the `rope.` keys of GGUF. */
import { isJsonObject } from "../files/json.ts";
import type { RotaryConfig } from "../model/config.ts";
import type { Fields } from "./fields.ts";
import { isYarn, linearOfMetadata, readScaling } from "./rope-scaling.ts";
import type { StoredConfig } from "./stored-config.ts";
import { yarnOfMetadata } from "./yarn.ts";

/** The default of most model classes and of llama.cpp. */
const DEFAULT_THETA = 10_000;

/** Defaults of a family. */
interface UsualRotary {
  /** Part of a head that turns, where `rope_parameters` does not say it. */
  readonly part?: number | undefined;
  readonly theta?: number;
  /** Whether the ramp of YaRN begins and ends at whole pairs, where a file says nothing. */
  readonly truncates?: boolean;
}

/** @throws GptError `invalid-file` for a scaling that is not implemented, by its name */
export function rotaryOf(stored: StoredConfig, headDim: number, usual: UsualRotary = {}): RotaryConfig {
  const { fields, format } = stored;
  return inPairs(
    fields,
    headDim,
    format === "gguf"
      ? ofMetadata(stored, headDim, usual)
      : ofConfig(fields, headDim, usual, ropeParameters(fields)),
  );
}

/** Rotary embeddings of layers that see all positions, and of layers with a window. */
export interface LayerRotaries {
  readonly full: RotaryConfig;
  readonly sliding: RotaryConfig;
}

/**
 * `rope_parameters` with an object for each kind of layer; or `rope_theta` and `rope_scaling` of the layers
 * that see all, and `rope_local_base_freq` of the others, which scale nothing (Gemma 3, OLMo 3). GGUF has
 * keys that end in `_swa` for these.
 *
 * @param localTheta of layers with a window, where a file says nothing; absent: that of the others
 */
export function rotariesOf(
  stored: StoredConfig,
  headDim: { readonly full: number; readonly sliding: number },
  usual: UsualRotary & { readonly localTheta?: number },
): LayerRotaries {
  const { fields } = stored;
  const { full, sliding } =
    stored.format === "gguf" ? metadataByKind(stored, headDim, usual) : configByKind(fields, headDim, usual);
  return {
    full: inPairs(fields, headDim.full, full),
    sliding: inPairs(fields, headDim.sliding, sliding),
  };
}

function configByKind(
  fields: Fields,
  headDim: { readonly full: number; readonly sliding: number },
  usual: UsualRotary & { readonly localTheta?: number },
): LayerRotaries {
  const parameters = fields.nested("rope_parameters");
  const { localTheta = usual.theta } = usual;
  const local = { ...usual, ...(localTheta !== undefined && { theta: localTheta }) };
  if (parameters?.has("full_attention") || parameters?.has("sliding_attention")) {
    const full = parameters.nested("full_attention");
    const sliding = parameters.nested("sliding_attention");
    return {
      full: ofConfig(fields, headDim.full, usual, full),
      sliding: ofConfig(fields, headDim.sliding, local, sliding),
    };
  }
  const full = ofConfig(fields, headDim.full, usual, ropeParameters(fields));
  const theta = fields.positive("rope_local_base_freq", usual.localTheta ?? full.theta);
  const dims = ofConfig(fields, headDim.sliding, usual, undefined).dims;
  return { full, sliding: { kind: "rotary", theta, dims, scaling: { kind: "none" } } };
}

function metadataByKind(
  stored: StoredConfig,
  headDim: { readonly full: number; readonly sliding: number },
  usual: UsualRotary & { readonly localTheta?: number },
): LayerRotaries {
  const { fields } = stored;
  const full = ofMetadata(stored, headDim.full, usual);
  const theta = fields.positive("rope.freq_base_swa", usual.localTheta ?? full.theta);
  const most = Math.min(full.dims, headDim.sliding);
  const dims = fields.count("rope.dimension_count_swa", headDim.sliding, most);
  return { full, sliding: { kind: "rotary", theta, dims, scaling: { kind: "none" } } };
}

function inPairs(fields: Fields, headDim: number, rotary: RotaryConfig): RotaryConfig {
  const { dims } = rotary;
  if (dims > 0 && dims % 2 === 0) return rotary;
  const rotated = dims === headDim ? `heads of ${dims}` : `${dims} of the ${headDim} dimensions of a head`;
  throw fields.invalid(`${rotated} cannot be rotated in pairs: expected an even size`);
}

/** `rope_theta` and `rope_scaling`, or `rope_parameters` (transformers 5). */
function ofConfig(
  fields: Fields,
  headDim: number,
  { part, theta: usual = DEFAULT_THETA }: UsualRotary,
  parameters: Fields | undefined,
): RotaryConfig {
  const places = parameters === undefined ? [fields] : [parameters, fields];
  const factor = partialFactor(part === undefined ? places : places.slice(0, -1)) ?? part ?? 1;
  const theta = places.find((place) => place.has("rope_theta"))?.positive("rope_theta") ?? usual;
  const scaling = parameters === undefined ? ({ kind: "none" } as const) : readScaling(parameters);
  return { kind: "rotary", theta, dims: Math.floor(headDim * factor), scaling };
}

/** The part of a head that turns. */
function partialFactor(places: readonly Fields[]): number | undefined {
  const name = "partial_rotary_factor";
  return places.find((place) => place.has(name))?.part(name);
}

/** Metadata, and the tensor `rope_freqs.weight` of files that have it (Llama 3.1 and later). */
function ofMetadata(
  { fields, rotaryDivisors: divisors }: StoredConfig,
  headDim: number,
  { truncates = true }: UsualRotary,
): RotaryConfig {
  const dims = fields.count("rope.dimension_count", headDim, headDim);
  const theta = fields.positive("rope.freq_base", DEFAULT_THETA);
  const factor = linearOfMetadata(fields);
  const rotary = { kind: "rotary", theta, dims } as const;
  if (isYarn(fields)) return { ...rotary, scaling: yarnOfMetadata(fields, truncates) };
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
