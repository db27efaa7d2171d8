/** How the sessions of a model keep keys and values. */
import type { KvShape } from "../compute/memory/kv-shape.ts";
import { FLOATS, KV_DTYPES, KV_LAYOUTS, type KvDtype, type KvTypes } from "../compute/memory/kv-types.ts";
import { isExpandable, type WeightDtype } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import { mostPast } from "../model/attention/masks.ts";
import type { DecoderConfig } from "../model/config.ts";
import { attentionsOf, storedKeys } from "../model/mixers.ts";
import { layerStateBytes } from "../model/recurrent/sizes.ts";

/** A type for both, or one of each. Default: see `defaultKvTypes`. */
export type KvChoice =
  | KvDtype
  | { readonly keys?: KvDtype | undefined; readonly values?: KvDtype | undefined };

/** Sizes of caches that keep all positions: those of texts that a pass reads from end to end. */
export const wholeKvShapeOf = ({ layers }: DecoderConfig, types: KvTypes = FLOATS): KvShape => ({
  layers: layers.map(({ mixer }) =>
    mixer.kind === "attention" ? storedKeys(mixer) : { stateBytes: layerStateBytes(mixer) },
  ),
  types,
});

/** Sizes of the caches of a model. Layers with a window keep their window. */
export function kvShapeOf(config: DecoderConfig, types?: KvTypes): KvShape {
  const whole = wholeKvShapeOf(config, types);
  const layers = whole.layers.map((layer, i) =>
    "stateBytes" in layer ? layer : { ...layer, past: mostPast(config, i) },
  );
  return { ...whole, layers };
}

/**
 * Halves beside quantized weights: their rounding is a hundredth of that of the weights. f32 beside floats.
 *
 * @param dtypes types of the weights in memory
 */
export function defaultKvTypes(dtypes: readonly WeightDtype[]): KvTypes {
  return dtypes.some(isExpandable) ? { keys: "f16", values: "f16" } : FLOATS;
}

/** @throws GptError `usage` for an unknown type, and for a type that does not fit the heads */
export function chooseKvTypes(
  { layers }: DecoderConfig,
  wish: KvChoice | undefined,
  dtypes: readonly WeightDtype[],
): KvTypes {
  const { keys, values } = wish instanceof Object ? wish : { keys: wish, values: wish };
  const usual = defaultKvTypes(dtypes);
  const types = { keys: keys ?? usual.keys, values: values ?? usual.values };
  for (const attention of attentionsOf({ layers })) {
    checkFit(types.keys, attention.headDim);
    checkFit(types.values, attention.valueDim);
  }
  return types;
}

function checkFit(dtype: KvDtype, dimensions: number): void {
  if (!KV_DTYPES.includes(dtype)) {
    throw new GptError("usage", `key/value cache ${quote(dtype)}: expected one of ${KV_DTYPES.join(", ")}`);
  }
  const { block } = KV_LAYOUTS[dtype];
  if (dimensions % block === 0) return;
  const expected = `heads of a multiple of ${block} dimensions, this model has ${dimensions}`;
  throw new GptError("usage", `a ${dtype} key/value cache needs ${expected}: choose f16`);
}
