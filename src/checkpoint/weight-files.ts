/** Finds the weights of a directory: in one file, or in shards that an index lists. */
import { basename, join } from "node:path";
import { GptError } from "../errors.ts";
import { isJsonObject, readJsonObject } from "../files/json.ts";
import { quote } from "../files/quote.ts";
import type { StoredTensor } from "./checkpoint.ts";
import { readPytorch } from "./pytorch/pytorch.ts";
import { readSafetensors } from "./safetensors.ts";

export const CONFIG = "config.json";

interface WeightFormat {
  /** Name of a single file with all weights. `NAME.index.json` lists the shards. */
  readonly file: string;
  /** Name of a shard that is the only one: it needs no index. */
  readonly loneShard: RegExp;
  readonly shard: RegExp;
  readonly read: (path: string) => Promise<Map<string, StoredTensor>>;
}

const SAFETENSORS = "model.safetensors";
const PYTORCH = "pytorch_model.bin";

/** In the order of the search. */
const FORMATS: readonly WeightFormat[] = [
  {
    file: SAFETENSORS,
    loneShard: /-0*1-of-0*1\.safetensors$/,
    shard: /-\d+-of-\d+\.safetensors$/,
    read: readSafetensors,
  },
  { file: PYTORCH, loneShard: /-0*1-of-0*1\.bin$/, shard: /-\d+-of-\d+\.bin$/, read: readPytorch },
];
const indexOf = ({ file }: WeightFormat): string => `${file}.index.json`;

/** The largest models have a few hundred. */
const MAX_SHARDS = 4096;

/** Weights under other names or of other programs, for error messages. */
const OTHER_WEIGHTS = /\.(bin|pt|pth|ckpt|h5|msgpack|onnx|npz|safetensors|gguf)(\.index\.json)?$/;

/** The tensors of a directory with these files, by name. Empty if no file looks like weights. */
export async function readTensors(
  path: string,
  files: ReadonlySet<string>,
): Promise<Map<string, StoredTensor>> {
  const names = [...files];
  for (const format of FORMATS) {
    if (files.has(format.file)) return format.read(join(path, format.file));
    if (files.has(indexOf(format))) return readShards(path, files, format);
    const [first, ...more] = names.filter((name) => format.shard.test(name));
    if (first === undefined) continue;
    if (more.length === 0 && format.loneShard.test(first)) return format.read(join(path, first));
    throw missing(path, files, indexOf(format));
  }
  if (names.some((name) => OTHER_WEIGHTS.test(name))) throw missing(path, files, SAFETENSORS);
  return new Map();
}

/**
 * The tensors that the index lists. An entry that its shard does not hold is no fault: the model may not need
 * it.
 */
async function readShards(
  path: string,
  files: ReadonlySet<string>,
  format: WeightFormat,
): Promise<Map<string, StoredTensor>> {
  const indexPath = join(path, indexOf(format));
  const fail = (problem: string) => new GptError("invalid-file", `${indexPath}: ${problem}`);
  const { weight_map: weightMap } = await readJsonObject(indexPath);
  if (!isJsonObject(weightMap)) {
    throw fail(`weight_map is ${quote(weightMap)}, expected tensor names with their files`);
  }

  const shards = new Map<string, Map<string, StoredTensor>>();
  const listed = new Map<string, StoredTensor>();
  for (const [name, shard] of Object.entries(weightMap)) {
    const place = `weight_map[${quote(name)}] is ${quote(shard)}`;
    if (typeof shard !== "string" || basename(shard) !== shard) {
      throw fail(`${place}, expected the name of a file beside it`);
    }
    if (!files.has(shard)) {
      const problem = `${place}, which is not there: fetch all shards of the model`;
      throw new GptError("not-found", `${indexPath}: ${problem}`);
    }
    const tensors = shards.get(shard) ?? (await format.read(join(path, shard)));
    shards.set(shard, tensors);
    if (shards.size > MAX_SHARDS) throw fail(`weight_map names more than ${MAX_SHARDS} files`);
    const tensor = tensors.get(name);
    if (tensor !== undefined) listed.set(name, tensor);
  }
  return listed;
}

/** The error about a missing file. The files that are there decide its advice. */
export function missing(path: string, files: ReadonlySet<string>, wanted: string): GptError {
  return new GptError("not-found", `${path}: has no ${wanted}; ${advice(path, [...files].sort(), wanted)}`);
}

function advice(path: string, files: readonly string[], wanted: string): string {
  if (files.includes("adapter_config.json")) return "it is an adapter: give it beside its model (--adapter)";
  if (FORMATS.some((format) => wanted === indexOf(format))) {
    return "it says which file holds each tensor: fetch it from where the shards are";
  }
  const gguf = files.find((name) => name.endsWith(".gguf"));
  if (gguf !== undefined) return `to use the GGUF file give ${join(path, gguf)}`;
  const isWeights = (name: string) =>
    FORMATS.some((format) => name === format.file || name === indexOf(format) || format.shard.test(name));
  if (wanted === CONFIG && files.some(isWeights)) {
    return "it describes the model: fetch it from where the weights are";
  }
  const renamed = files.filter((name) => name.endsWith(".safetensors"));
  if (wanted === SAFETENSORS && renamed.length === 1) {
    return `where ${quote(renamed[0])} holds the whole model, rename it to ${SAFETENSORS}`;
  }
  const other = files.find((name) => OTHER_WEIGHTS.test(name));
  if (other === undefined) return "a model directory holds config.json and model.safetensors";
  return `${quote(other)} is not read: save the whole model as safetensors (save_pretrained)`;
}
