/** Reads the rotary embedding: `rope_theta` and `rope_scaling`, or the `rope.` keys of GGUF. */
import { isJsonObject } from "../../files/json.ts";
import type { RopeScaling, RotaryConfig } from "../../model/attention/rotary-config.ts";
import type { Fields } from "../fields.ts";
import type { StoredConfig } from "../stored-config.ts";
import { scalingOfMetadata } from "./rope-metadata.ts";
import { readScaling } from "./rope-scaling.ts";

const NO_SCALING: RopeScaling = { kind: "none" };

/** The default of most model classes and of llama.cpp. */
const DEFAULT_THETA = 10_000;

/** Defaults of a family. */
interface UsualRotary {
  /** Part of a head that turns, where `rope_parameters` does not say it. */
  readonly part?: number | undefined;
  readonly theta?: number;
  /** Whether YaRN's ramp has whole pairs as its ends, in GGUF files. Default true. */
  readonly truncates?: boolean;
  /** Whether YaRN's magnitude also scales the scores (DeepSeek-V2). */
  readonly scalesScores?: boolean;
  /** The scaling of a config.json that says nothing of rotary embeddings (Gemma 4, gpt-oss). */
  readonly scaling?: RopeScaling;
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
  const local = {
    ...usual,
    scaling: { kind: "none" } as const,
    ...(localTheta !== undefined && { theta: localTheta }),
  };
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
  usualOfFull: UsualRotary & { readonly localTheta?: number },
): LayerRotaries {
  const { fields } = stored;
  const { localTheta } = usualOfFull;
  const full = ofMetadata(stored, headDim.full, usualOfFull);
  const theta = fields.positive("rope.freq_base_swa", localTheta ?? full.theta);
  const usual = Math.min(full.dims, headDim.sliding);
  const dims = fields.count("rope.dimension_count_swa", headDim.sliding, usual);
  return { full, sliding: { kind: "rotary", theta, dims, scaling: { kind: "none" } } };
}

function inPairs(fields: Fields, headDim: number, rotary: RotaryConfig): RotaryConfig {
  const { dims, scaling } = rotary;
  const lists = scaling.kind === "longrope" ? [scaling.short, scaling.long] : [];
  const wrong = lists.find((divisors) => divisors.length !== dims / 2);
  if (wrong) throw fields.invalid(`a list of longrope has ${wrong.length} divisors, expected ${dims / 2}`);
  if (dims > 0 && dims % 2 === 0) return rotary;
  const rotated = dims === headDim ? `heads of ${dims}` : `${dims} of the ${headDim} dimensions of a head`;
  throw fields.invalid(`${rotated} cannot be rotated in pairs: expected an even size`);
}

/** `rope_theta` and `rope_scaling`, or `rope_parameters` (transformers 5). */
function ofConfig(
  fields: Fields,
  headDim: number,
  { part, theta: usual = DEFAULT_THETA, scalesScores, scaling: usualScaling = NO_SCALING }: UsualRotary,
  parameters: Fields | undefined,
): RotaryConfig {
  const places = parameters === undefined ? [fields] : [parameters, fields];
  const factor = partialFactor(part === undefined ? places : places.slice(0, -1)) ?? part ?? 1;
  const theta = places.find((place) => place.has("rope_theta"))?.positive("rope_theta") ?? usual;
  if (parameters?.has("alpha")) return stretched(headDim, theta, parameters.positive("alpha"));
  const absent = fields.has("rope_theta") ? NO_SCALING : usualScaling;
  const scaling = parameters === undefined ? absent : readScaling(parameters, fields, scalesScores);
  const dims = scaling.kind === "proportional" ? headDim : Math.floor(headDim * factor);
  return { kind: "rotary", theta, dims, scaling };
}

/** A larger theta, whatever the length (Hunyuan). */
const stretched = (dims: number, theta: number, alpha: number): RotaryConfig => ({
  kind: "rotary",
  theta: theta * alpha ** (dims / (dims - 2)),
  dims,
  scaling: { kind: "none" },
});

/** The part of a head that turns. */
function partialFactor(places: readonly Fields[]): number | undefined {
  const name = "partial_rotary_factor";
  return places.find((place) => place.has(name))?.part(name);
}

/** Metadata, and the tensors of divisors of files that have them (Llama 3.1, Phi-3). */
function ofMetadata(
  stored: StoredConfig,
  headDim: number,
  { truncates, scalesScores }: UsualRotary,
): RotaryConfig {
  const { fields } = stored;
  const dims = fields.count("rope.dimension_count", headDim, headDim);
  const theta = fields.positive("rope.freq_base", DEFAULT_THETA);
  return { kind: "rotary", theta, dims, scaling: scalingOfMetadata(stored, dims, truncates, scalesScores) };
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
