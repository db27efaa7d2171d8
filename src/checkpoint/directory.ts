/** A Hugging Face model directory: config.json, generation_config.json and the tensors of one or more safetensors files. */
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { GptError } from "../errors.ts";
import { isJsonObject, readJsonObject } from "../files/json.ts";
import { quote } from "../files/quote.ts";
import type { HuggingFaceCheckpoint, StoredTensor } from "./checkpoint.ts";
import { readSafetensors } from "./safetensors.ts";

const WEIGHTS = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** The largest models in the world come in a few hundred. */
const MAX_SHARDS = 4096;

/** Weight files of other programs, which explain why there is no safetensors file. */
const OTHER_WEIGHTS = /\.(bin|pt|pth|ckpt|h5|msgpack|onnx|npz|safetensors|gguf)(\.index\.json)?$/;

/** @throws GptError `not-found` where config.json or the weights are missing, `invalid-file` where they are corrupt */
export async function openDirectory(path: string): Promise<HuggingFaceCheckpoint> {
  const files = new Set(await readdir(path));
  if (!files.has("config.json")) throw missing(path, files, "config.json");
  const config = await readJsonObject(join(path, "config.json"));
  const generationConfig = files.has("generation_config.json")
    ? await readJsonObject(join(path, "generation_config.json"))
    : {};

  let tensors: Map<string, StoredTensor>;
  if (files.has(WEIGHTS)) tensors = await readSafetensors(join(path, WEIGHTS));
  else if (files.has(INDEX)) tensors = await readShards(path, files);
  else throw missing(path, files, WEIGHTS);
  return { format: "huggingface", path, config, generationConfig, tensors };
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
  const names = [...files].sort();
  const ggufs = names.filter((name) => name.endsWith(".gguf"));
  const others = names.filter((name) => OTHER_WEIGHTS.test(name));
  let advice =
    "a model directory holds config.json and model.safetensors; for shapes alone, give a config.json";
  if (ggufs[0] !== undefined) advice = `to use the GGUF file give ${join(path, ggufs[0])}`;
  else if (others[0] !== undefined) {
    advice = `${quote(others[0])} is not read: save the whole model as safetensors (save_pretrained)`;
  }
  return new GptError("not-found", `${path}: has no ${wanted}; ${advice}`);
}
