/** Layers with a sliding window between layers that see all positions, in both formats. */
import { ggufValue } from "../../checkpoint/gguf/entries.ts";
import type { MaskConfig } from "../../model/attention/score-config.ts";
import type { AttentionConfig, DecoderConfig, LayerConfig } from "../../model/config.ts";
import { LIMITS } from "../fields.ts";
import { ggufOnly, type Key, type Kind, key, optionalCount } from "../keys.ts";
import type { StoredConfig } from "../stored-config.ts";
import { withAttention } from "./uniform.ts";

const WINDOW = "sliding_attention";
const ALL = "full_attention";

/**
 * For each layer whether it has the window; or a period, whose multiples are the layers without one, counted
 * from 1. Period 0: no layer has the window.
 */
type SlidingLayers = readonly boolean[] | number;

/**
 * `layer_types` of config.json; a list of flags or a period in GGUF.
 *
 * @param absent where a file says nothing: a period, which `sliding_window_pattern` of config.json may
 *   change, or a function that finds the layers
 */
export const slidingLayersKey = (
  absent: number | ((stored: StoredConfig) => SlidingLayers),
): Key<SlidingLayers> =>
  key({
    json: "layer_types",
    gguf: "attention.sliding_window_pattern",
    kind: slidingLayersKind(typeof absent === "number" ? (stored) => periodOf(stored, absent) : absent),
    of: ({ layers }) => layers.map((layer) => windowOf(layer) !== undefined),
  });

/** 0 stands for none: in GGUF files of Phi-3, and in config.json of models that do not use it. */
const windowSize: Kind<number | undefined> = {
  ...optionalCount(LIMITS.positions),
  read: (stored, name, absent) =>
    stored.format === "gguf" || stored.fields.value("use_sliding_window") === false
      ? stored.fields.count(name, LIMITS.positions, 0, 0) || undefined
      : optionalCount(LIMITS.positions).read(stored, name, absent),
};

/** Size of the window of these layers. */
export const SLIDING_WINDOW = key<number | undefined>({
  json: "sliding_window",
  gguf: "attention.sliding_window",
  kind: windowSize,
  of: ({ layers }) => layers.map(windowOf).find((size) => size !== undefined),
});

/** The window of all layers, in a family whose config.json does not have one. */
export const GGUF_WINDOW = ggufOnly(SLIDING_WINDOW);

/** Whether each layer has the window. @throws GptError `invalid-file` for a list of another length */
export function slidingLayers(
  layers: SlidingLayers,
  nLayer: number,
  stored: StoredConfig,
): readonly boolean[] {
  if (typeof layers === "number") {
    return Array.from({ length: nLayer }, (_, i) => layers > 0 && (i + 1) % layers !== 0);
  }
  if (layers.length === nLayer) return layers;
  throw stored.wrong("slidingLayers", `expected ${nLayer} of them, one for each layer`);
}

export const maskOf = (slides: boolean, window: number | undefined): MaskConfig =>
  slides && window !== undefined ? { kind: "window", size: window } : { kind: "causal" };

/** The decoder with its window in the layers that slide, each kind of layer with its positions. */
export const withSlidingLayers = (
  decoder: DecoderConfig,
  slides: readonly boolean[],
  window: number | undefined,
  positions: Readonly<Record<"full" | "sliding", AttentionConfig["position"]>>,
): DecoderConfig =>
  withAttention(decoder, slides, (attention, slides) => ({
    ...attention,
    mask: maskOf(slides, window),
    position: slides ? positions.sliding : positions.full,
  }));

export const windowOf = ({ mixer }: LayerConfig): number | undefined =>
  mixer.kind === "attention" && mixer.mask.kind === "window" ? mixer.mask.size : undefined;

/** Whether any layer has a window. */
export const hasWindow = ({ layers }: DecoderConfig): boolean =>
  layers.some((layer) => windowOf(layer) !== undefined);

/** Written of decoders with a window only. */
export const ofWindow = <T>(key: Key<T>): Key<T> => ({
  ...key,
  of: (config) => (hasWindow(config) ? key.of(config) : undefined),
});

/** What the layers with a window depend on that a family does not use by default. */
export function windowFields({ fields, format }: StoredConfig, usualLayers: number) {
  const isGguf = format === "gguf";
  return {
    nLayer: fields.count(isGguf ? "block_count" : "num_hidden_layers", LIMITS.layers, usualLayers),
    isUsed: !isGguf && fields.flag("use_sliding_window", false),
    first: fields.count("max_window_layers", LIMITS.layers, 28, 0),
  };
}

const slidingLayersKind = (absent: (stored: StoredConfig) => SlidingLayers): Kind<SlidingLayers> => ({
  read: (stored, name) => {
    const { fields, format } = stored;
    const value = fields.value(name);
    if (value === undefined) return absent(stored);
    if (typeof value === "number") return fields.count(name, LIMITS.layers);
    // A list of equal flags counts as one of them.
    if (typeof value === "boolean") return value ? LIMITS.layers + 1 : 0;
    const [slides, seesAll] = format === "gguf" ? [true, false] : [WINDOW, ALL];
    const types = fields.list(name);
    if (types.every((type) => type === slides || type === seesAll))
      return types.map((type) => type === slides);
    throw fields.wrong(name, `expected a list of ${slides} and ${seesAll}`);
  },
  json: (layers) => (typeof layers === "number" ? layers : layers.map((slides) => (slides ? WINDOW : ALL))),
  gguf: (layers) => (typeof layers === "number" ? ggufValue.uint32(layers) : ggufValue.bools(layers)),
});

/** A number, or a text such as "LLLG", whose length is the period. */
function periodOf({ fields, format }: StoredConfig, usual: number): number {
  if (format === "gguf") return usual;
  const name = "sliding_window_pattern";
  if (fields.is(name, null)) return 0;
  const value = fields.value(name);
  if (typeof value === "string" && /^L*G$/.test(value)) return value.length;
  return fields.count(name, LIMITS.layers, usual, 0);
}
