/** How the sessions of a model keep keys and values. */
import { INT8_HEAD_DIM, KV_DTYPES, type KvDtype, type KvShape } from "../compute/memory/kv-cache.ts";
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import type { DecoderConfig } from "../model/config.ts";
import { attentionsOf, storedKeys } from "../model/mixers.ts";
import { layerStateBytes } from "../model/recurrent/sizes.ts";

/**
 * 8 bits with one scale a head are no default: key biases with outliers (Qwen2) cost a KL divergence of 1.0.
 */
export const DEFAULT_KV_DTYPE: KvDtype = "f32";

/** Sizes of the caches of a model. */
export const kvShapeOf = ({ layers }: DecoderConfig, dtype: KvDtype = DEFAULT_KV_DTYPE): KvShape => ({
  layers: layers.map(({ mixer }) =>
    mixer.kind === "attention" ? storedKeys(mixer) : { stateBytes: layerStateBytes(mixer) },
  ),
  dtype,
});

/** Sizes of what a session keeps of the text that the encoder has read; undefined without an encoder. */
export const crossShapeOf = (
  { layers, encoder }: DecoderConfig,
  dtype: KvDtype = DEFAULT_KV_DTYPE,
): KvShape | undefined => encoder && { layers: layers.flatMap(({ cross }) => cross?.attention ?? []), dtype };

/** @throws GptError `usage` for an unknown dtype, and for a dtype that does not fit the heads */
export function chooseKvDtype({ layers }: DecoderConfig, wish: KvDtype = DEFAULT_KV_DTYPE): KvDtype {
  if (!KV_DTYPES.includes(wish)) {
    throw new GptError("usage", `key/value cache ${quote(wish)}: expected one of ${KV_DTYPES.join(", ")}`);
  }
  const [multiple, most] = INT8_HEAD_DIM;
  const heads = attentionsOf({ layers }).flatMap(({ headDim, valueDim }) => [headDim, valueDim]);
  const unfit = heads.find((headDim) => headDim % multiple !== 0 || headDim > most);
  if (wish === "int8" && unfit !== undefined) {
    const expected = `a multiple of ${multiple} up to ${most}`;
    throw new GptError(
      "usage",
      `an int8 key/value cache needs heads of ${expected} dimensions, this model has ${unfit}: choose f32`,
    );
  }
  return wish;
}
