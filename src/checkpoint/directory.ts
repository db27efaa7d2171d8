/** A Hugging Face model directory: config.json, generation_config.json and the tensors of one or more safetensors files. */
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { GptError } from "../errors.ts";
import { isJsonObject, readJsonObject } from "../files/json.ts";
import { quote } from "../files/quote.ts";
import type { HuggingFaceCheckpoint, StoredTensor } from "./checkpoint.ts";
import { readSafetensors } from "./safetensors.ts";

const CONFIG = "config.json";
const WEIGHTS = "model.safetensors";
const INDEX = "model.safetensors.index.json";
const SHARD = /-\d+-of-\d+\.safetensors$/;

/** The largest models in the world come in a few hundred. */
const MAX_SHARDS = 4096;

/** Weight files of other programs, which explain why there is no safetensors file. */
const OTHER_WEIGHTS = /\.(bin|pt|pth|ckpt|h5|msgpack|onnx|npz|safetensors|gguf)(\.index\.json)?$/;

/**
 * Without files of weights it has no tensors: what was saved is the config alone.
 *
 * @throws GptError `not-found` where config.json is missing or the weights are not where they are expected,
 *   `invalid-file` where they are corrupt
 */
export async function openDirectory(path: string): Promise<HuggingFaceCheckpoint> {
  const files = new Set(await readdir(path));
  if (!files.has(CONFIG)) throw missing(path, files, CONFIG);
  const config = await readJsonObject(join(path, CONFIG));
  const generationConfig = files.has("generation_config.json")
    ? await readJsonObject(join(path, "generation_config.json"))
    : {};

  const tensors = await readTensors(path, files);
  return { format: "huggingface", path, config, generationConfig, tensors };
}

async function readTensors(path: string, files: ReadonlySet<string>): Promise<Map<string, StoredTensor>> {
  if (files.has(WEIGHTS)) return readSafetensors(join(path, WEIGHTS));
  if (files.has(INDEX)) return readShards(path, files);
  const names = [...files];
  if (names.some((name) => SHARD.test(name))) throw missing(path, files, INDEX);
  if (names.some((name) => OTHER_WEIGHTS.test(name))) throw missing(path, files, WEIGHTS);
  return new Map();
}

async function readShards(path: string, files: ReadonlySet<string>): Promise<Map<string, StoredTensor>> {
  const indexPath = join(path, INDEX);
  const fail = (problem: string) => new GptError("invalid-file", `${indexPath}: ${problem}`);
  const { weight_map: weightMap } = await readJsonObject(indexPath);
  if (!isJsonObject(weightMap)) {
    throw fail(`weight_map is ${quote(weightMap)}, expected tensor names with their files`);
  }

  const shards = new Map<string, Map<string, StoredTensor>>();
  const tensors = new Map<string, StoredTensor>();
  for (const [name, shard] of Object.entries(weightMap)) {
    const place = `weight_map[${quote(name)}] is ${quote(shard)}`;
    if (typeof shard !== "string" || basename(shard) !== shard) {
      throw fail(`${place}, expected the name of a file beside it`);
    }
    if (!files.has(shard)) {
      throw new GptError(
        "not-found",
        `${indexPath}: ${place}, which is not there: fetch all shards of the model`,
      );
    }
    const listed = shards.get(shard) ?? (await readSafetensors(join(path, shard)));
    shards.set(shard, listed);
    if (shards.size > MAX_SHARDS) throw fail(`weight_map names more than ${MAX_SHARDS} files`);
    const tensor = listed.get(name);
    if (tensor === undefined) throw fail(`${place}, which has no such tensor`);
    tensors.set(name, tensor);
  }
  return tensors;
}

function missing(path: string, files: ReadonlySet<string>, wanted: string): GptError {
  return new GptError("not-found", `${path}: has no ${wanted}; ${advice(path, [...files].sort(), wanted)}`);
}

function advice(path: string, files: readonly string[], wanted: string): string {
  if (files.includes("adapter_config.json")) return "it is an adapter: give it beside its model (--adapter)";
  if (wanted === INDEX) return "it says which file holds each tensor: fetch it from where the shards are";
  const gguf = files.find((name) => name.endsWith(".gguf"));
  if (gguf !== undefined) return `to use the GGUF file give ${join(path, gguf)}`;
  if (wanted === CONFIG && files.some((name) => name === WEIGHTS || name === INDEX || SHARD.test(name))) {
    return "it describes the model: fetch it from where the weights are";
  }
  const other = files.find((name) => OTHER_WEIGHTS.test(name));
  if (other === undefined) return "a model directory holds config.json and model.safetensors";
  return `${quote(other)} is not read: save the whole model as safetensors (save_pretrained)`;
}
