/** Layers that rotate their heads between layers that do not (SmolLM3, Llama 4), in both formats. */
import type { DecoderConfig } from "../../model/config.ts";
import { LIMITS } from "../fields.ts";
import { type Kind, key } from "../keys.ts";
import type { StoredConfig } from "../stored-config.ts";

/** GGUF has no key for the layers without rotation: llama.cpp takes every fourth. */
const GGUF_INTERVAL = 4;

/** 1 for each layer that rotates, 0 for the others; or one number, whose multiples are the others. */
type RotatedLayers = readonly (0 | 1)[] | number;

const rotated = ({ layers }: DecoderConfig): (0 | 1)[] =>
  layers.map(({ mixer }) => (mixer.kind === "attention" && mixer.position.kind === "none" ? 0 : 1));

const byInterval = (nLayer: number, interval: number): (0 | 1)[] =>
  Array.from({ length: nLayer }, (_, i) => ((i + 1) % interval === 0 ? 0 : 1));

const rotatedLayers: Kind<RotatedLayers> = {
  read: ({ fields }, name) => {
    const list = fields.list(name);
    if (list.length === 0) return fields.count("no_rope_layer_interval", LIMITS.layers, GGUF_INTERVAL);
    if (list.every((flag): flag is 0 | 1 => flag === 0 || flag === 1)) return list;
    throw fields.wrong(name, "expected a list of 0 and 1");
  },
  json: (layers) => (typeof layers === "number" ? null : [...layers]),
  gguf: () => undefined,
};

/** `no_rope_layers`, or every layer that is no multiple of `no_rope_layer_interval`. */
export const ROTATED_LAYERS = key({
  json: "no_rope_layers",
  gguf: () => GGUF_INTERVAL,
  kind: rotatedLayers,
  of: rotated,
});

/** The same of a config, or of GGUF. */
export const rotatedLayersIn = (stored: StoredConfig): RotatedLayers =>
  stored.format === "gguf" ? GGUF_INTERVAL : rotatedLayers.read(stored, "no_rope_layers", undefined);

/** What GGUF cannot express. */
export const ggufLacksRotatedLayers = (config: DecoderConfig): string | undefined =>
  String(rotated(config)) === String(byInterval(config.layers.length, GGUF_INTERVAL))
    ? undefined
    : "other layers without rotation than every fourth";

/** 1 for each layer that rotates. @throws GptError `invalid-file` for a list of another length */
export function rotatedLayersOf(
  layers: RotatedLayers,
  nLayer: number,
  stored: StoredConfig,
): readonly (0 | 1)[] {
  if (typeof layers === "number") return byInterval(nLayer, layers);
  if (layers.length === nLayer) return layers;
  throw stored.wrong("rotatedLayers", `expected ${nLayer} of them, one for each layer`);
}
