/** Which layers are recurrent, in both formats. */
import { ggufValue } from "../../checkpoint/gguf/entries.ts";
import type { DecoderConfig } from "../../model/config.ts";
import { LIMITS } from "../fields.ts";
import { firstAttention, type Key, type Kind, key } from "../keys.ts";
import type { StoredConfig } from "../stored-config.ts";

/**
 * Whether each layer is recurrent; or a period, whose multiples are the layers with attention, counted from
 * 1.
 */
export type RecurrentLayers = readonly boolean[] | number;

/** Words of `layer_types`. The first of each is written. */
interface LayerWords {
  readonly recurrent: readonly string[];
  readonly attention: readonly string[];
}

export const areRecurrent = ({ layers }: DecoderConfig): boolean[] =>
  layers.map(({ mixer }) => mixer.kind !== "attention");

/**
 * @param usual what holds where `layer_types` is missing
 * @param gguf where a GGUF file says it
 */
export const recurrentLayersKey = (
  words: LayerWords,
  usual: (stored: StoredConfig) => RecurrentLayers,
  gguf: NonNullable<Key<RecurrentLayers>["gguf"]>,
): Key<RecurrentLayers> =>
  key<RecurrentLayers>({ json: "layer_types", gguf, kind: layersKind(words, usual), of: areRecurrent });

const layersKind = (
  { recurrent, attention }: LayerWords,
  usual: (stored: StoredConfig) => RecurrentLayers,
): Kind<RecurrentLayers> => ({
  read: (stored, name) => {
    const { fields, format } = stored;
    if (!fields.has(name)) return usual(stored);
    const list = fields.list(name);
    if (format === "gguf") {
      if (list.every((flag) => typeof flag === "boolean")) return list;
      throw fields.wrong(name, "expected a list of true and false");
    }
    const known = (words: readonly string[], type: unknown) => words.some((word) => word === type);
    if (list.every((type) => known(recurrent, type) || known(attention, type))) {
      return list.map((type) => known(recurrent, type));
    }
    throw fields.wrong(name, `expected a list of ${recurrent[0]} and ${attention[0]}`);
  },
  json: (layers) =>
    typeof layers === "number" ? null : layers.map((is) => (is ? recurrent : attention)[0] ?? null),
  gguf: (layers) => (typeof layers === "number" ? undefined : ggufValue.bools(layers)),
});

/**
 * Whether each layer is recurrent.
 *
 * @throws GptError `invalid-file` for a list of another length, and for layers of which none has attention
 */
export function recurrentLayers(layers: RecurrentLayers, nLayer: number, stored: StoredConfig): boolean[] {
  const recurrent = listOf(layers, nLayer, stored);
  if (recurrent.includes(false)) return recurrent;
  throw stored.fields.invalid(`none of the ${nLayer} layers has attention, which is not supported`);
}

function listOf(layers: RecurrentLayers, nLayer: number, stored: StoredConfig): boolean[] {
  if (typeof layers === "number") return Array.from({ length: nLayer }, (_, i) => (i + 1) % layers !== 0);
  // A list of equal flags of a GGUF file counts as one of them.
  if (layers.length === 1) return Array<boolean>(nLayer).fill(layers[0] ?? false);
  if (layers.length === nLayer) return [...layers];
  throw stored.wrong("recurrent", `expected ${nLayer} of them, one for each layer`);
}

/** Key/value heads of all layers; GGUF lists them by layer if some layers are recurrent, which have 0. */
export type HeadsByLayer = number | readonly number[];

export const HYBRID_KV_HEADS = key<HeadsByLayer | undefined>({
  json: "num_key_value_heads",
  gguf: "attention.head_count_kv",
  kind: {
    read: ({ fields }, name, absent) => {
      const list = fields.value(name);
      if (!Array.isArray(list)) return fields.has(name) ? fields.count(name, LIMITS.heads) : absent;
      const isCount = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 0;
      const heads = list.filter(isCount);
      const sizes = new Set(heads.filter((n) => n > 0));
      if (heads.length === list.length && sizes.size === 1 && Math.max(...sizes) <= LIMITS.heads)
        return heads;
      throw fields.wrong(name, "expected one number of heads, and 0 for layers without attention");
    },
    json: (value = 0) => headsOf(value) ?? 0,
    gguf: (value = 0) => (typeof value === "number" ? ggufValue.uint32(value) : ggufValue.int32s(value)),
  },
  of: (config) => {
    const { nKvHead } = firstAttention(config);
    const recurrent = areRecurrent(config);
    return recurrent.includes(true) ? recurrent.map((is) => (is ? 0 : nKvHead)) : nKvHead;
  },
});

export const headsOf = (value: HeadsByLayer | undefined): number | undefined =>
  typeof value === "object" ? Math.max(...value) : value;

/** Layers without key/value heads are recurrent. */
export const withoutHeads = ({ fields }: StoredConfig): RecurrentLayers =>
  fields.list("attention.head_count_kv").map((heads) => heads === 0);
