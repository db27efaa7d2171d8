/** Models whose config.json is all there is to them. */
import type { HuggingFaceCheckpoint, StoredTensor } from "../../src/checkpoint/checkpoint.ts";
import type { ModelDescription } from "../../src/families/description.ts";
import { parseModel } from "../../src/families/parse.ts";
import type { JsonObject } from "../../src/files/json.ts";
import { weightTable } from "../../src/model/weights.ts";
import { uniformOf } from "../fixtures/uniform.ts";

export function checkpointOf(
  config: JsonObject,
  generationConfig: JsonObject = {},
  tensors: readonly string[] = [],
) {
  const stored = (name: string): StoredTensor => ({
    name,
    dtype: "F32",
    shape: [],
    file: "",
    offset: 0,
    byteLength: 0,
  });
  return {
    format: "huggingface",
    path: "models/x",
    config,
    generationConfig,
    tensors: new Map(tensors.map((name) => [name, stored(name)])),
  } satisfies HuggingFaceCheckpoint;
}

/** The stored tensors of a weight, by its canonical name. */
export function sourcesOf({ config, sources }: ModelDescription, name: string) {
  const spec = weightTable(config).find((spec) => spec.name === name);
  if (spec === undefined) throw new Error(`no weight is named ${name}`);
  return sources(spec);
}

/** The decoder that a config.json describes. */
export const configOf = async (config: JsonObject) => (await parseModel(checkpointOf(config))).config;

/** The same in one row of fields. */
export const uniformConfigOf = async (config: JsonObject) => uniformOf(await configOf(config));
