/** A view of a GGUF file as a Hugging Face directory, to write its model as one and to train it. */
import { isDeepStrictEqual } from "node:util";
import {
  type Checkpoint,
  configAlone,
  type HuggingFaceCheckpoint,
  type StoredTensor,
} from "../checkpoint/checkpoint.ts";
import { GptError } from "../errors.ts";
import { configJson } from "../families/config-json.ts";
import type { ModelDescription } from "../families/description.ts";
import { parseModel } from "../families/parse.ts";
import { namedScaling } from "../families/rotary/rope-scaling.ts";
import type { JsonObject } from "../files/json.ts";
import type { DecoderConfig, LayerConfig } from "../model/config.ts";
import { attentionIn } from "../model/mixers.ts";
import { expectedWeights } from "./resolve.ts";

/**
 * A directory of floats as it is. For a GGUF file, and for a directory of blocks: names, shapes and layouts
 * of tensors in F32. Their offsets are not real: the bytes of the weights stay where they are.
 *
 * @throws GptError as `parseModel`; `usage` for a model that config.json cannot describe
 */
export async function asDirectory(checkpoint: Checkpoint): Promise<HuggingFaceCheckpoint> {
  if (checkpoint.format === "huggingface" && !holdsBlocks(checkpoint)) return checkpoint;
  return await directoryOf(checkpoint.path, await parseModel(checkpoint));
}

/**
 * A directory for a description: names, shapes and layouts of tensors in F32, without bytes.
 *
 * @param fields of config.json beside those that describe the decoder
 * @throws GptError `usage` for a model that config.json cannot describe
 */
export async function directoryOf(
  path: string,
  found: ModelDescription,
  fields: JsonObject = {},
): Promise<HuggingFaceCheckpoint> {
  const config = withNamedScaling(found.config);
  const { architectures } = fields; // a classifier's class has a name of its own
  const described = { ...fields, ...configJson({ ...found, config }) };
  const directory = configAlone(path, { ...described, ...(architectures && { architectures }) });
  const description = await parseModel(directory);
  if (!isDeepStrictEqual(description.config, config)) {
    const problem = `the config.json of ${config.family} models has no words for what it asks for`;
    throw new GptError("usage", `${path}: ${problem}: it can only be a GGUF file`);
  }
  const tensors = new Map<string, StoredTensor>();
  for (const { name, shape } of expectedWeights(description).flatMap(({ parts }) => parts)) {
    const byteLength = 4 * shape.reduce((product, size) => product * size, 1);
    tensors.set(name, { name, dtype: "F32", shape, file: path, offset: 0, byteLength });
  }
  return { ...directory, tensors };
}

/** Blocks in a directory have other places than the floats that are written for them. */
const holdsBlocks = ({ tensors }: HuggingFaceCheckpoint): boolean =>
  [...tensors.values()].some(({ apart, coded }) => apart !== undefined || coded !== undefined);

/** GGUF stores a list of divisors. config.json needs the name of the scaling that makes them. */
function withNamedScaling(config: DecoderConfig): DecoderConfig {
  const named = new Map([...new Set(config.layers)].map((layer) => [layer, namedLayer(layer)]));
  return { ...config, layers: config.layers.map((layer) => named.get(layer) ?? layer) };
}

function namedLayer(layer: LayerConfig): LayerConfig {
  const attention = attentionIn(layer);
  if (attention === undefined) return layer;
  const { position } = attention;
  if (position.kind !== "rotary" || position.scaling.kind !== "divisors") return layer;
  const { dims, theta } = position;
  const scaling = namedScaling(dims, theta, position.scaling.divisors) ?? position.scaling;
  return { ...layer, mixer: { ...attention, position: { ...position, scaling } } };
}
