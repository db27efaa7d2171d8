/**
 * Layers that attend to a window of the last positions, between layers that see all: the dense and locally
 * banded layers of GPT-3 (Brown et al. 2020, section 2.1). The fields are those of GPT-Neo.
 */
import type { JsonValue } from "../../files/json.ts";
import type { MaskConfig } from "../../model/attention/score-config.ts";
import { LIMITS } from "../fields.ts";
import { count, type Kind, key, type ValuesOf } from "../keys.ts";
import type { StoredConfig } from "../stored-config.ts";

/** Names of consecutive layers, `global` or `local`, and how often they repeat. */
type LayerPattern = readonly (readonly [names: readonly string[], times: number])[];

const CAUSAL: MaskConfig = { kind: "causal" };

const isPattern = (value: unknown): value is LayerPattern[number] =>
  Array.isArray(value) &&
  value.length === 2 &&
  Array.isArray(value[0]) &&
  value[0].every((name) => name === "global" || name === "local") &&
  Number.isInteger(value[1]) &&
  value[1] >= 0;

const pattern: Kind<LayerPattern | undefined> = {
  read({ fields }, name, absent) {
    if (!fields.has(name)) return absent;
    const list = fields.list(name);
    if (list.every(isPattern)) return list;
    throw fields.wrong(name, 'expected lists such as [[["global", "local"], 12]]');
  },
  json: (value) => value as JsonValue,
  gguf: () => undefined,
};

export const BANDED_KEYS = {
  bandedLayers: key({ json: "attention_types", kind: pattern, of: () => undefined }),
  bandWidth: key({ json: "window_size", kind: count(LIMITS.positions), of: () => undefined }),
};

/**
 * The mask of each layer. Without names every second layer has the window, the first has none.
 *
 * @throws GptError `invalid-file` for names of more or fewer layers than there are
 */
export function bandedMasks(
  { nLayer, bandedLayers, bandWidth }: ValuesOf<typeof BANDED_KEYS> & { readonly nLayer: number },
  stored: StoredConfig,
): readonly MaskConfig[] {
  const window: MaskConfig = { kind: "window", size: bandWidth };
  if (bandedLayers === undefined) {
    return Array.from({ length: nLayer }, (_, i) => (i % 2 === 0 ? CAUSAL : window));
  }
  const named = bandedLayers.reduce((sum, [names, times]) => sum + names.length * times, 0);
  if (named !== nLayer) throw stored.wrong("bandedLayers", `which names ${named} layers: expected ${nLayer}`);
  return bandedLayers
    .flatMap(([names, times]) => Array<readonly string[]>(times).fill(names).flat())
    .map((name) => (name === "local" ? window : CAUSAL));
}
