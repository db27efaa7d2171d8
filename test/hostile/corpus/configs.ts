/** config.json, generation_config.json and the index of shards. */
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ErrorCode } from "../../../src/errors.ts";
import { writeGpt2 } from "../subjects.ts";
import { damaged, field, type HostileCase, type Json, type Verb, WEIGHTS } from "./case.ts";

const INDEX = "model.safetensors.index.json";

/** The good weights, under another name, with this index. */
function sharded(index: string, code: ErrorCode, message: RegExp, verb?: Verb): HostileCase {
  const write = (folder: string) => {
    writeGpt2(folder);
    renameSync(join(folder, WEIGHTS), join(folder, "one.safetensors"));
    writeFileSync(join(folder, INDEX), index);
    return folder;
  };
  return { name: `${INDEX}: ${message.source}`, write, code, message, ...(verb && { verb }) };
}
const shards = (weightMap: unknown) => JSON.stringify({ weight_map: weightMap });

export const indexes: readonly HostileCase[] = [
  sharded("garbage", "invalid-file", /index\.json: the file is not valid JSON/),
  sharded(shards([]), "invalid-file", /weight_map is \[\], expected tensor names with their files/),
  sharded(
    shards({ a: "../../etc/passwd" }),
    "invalid-file",
    /weight_map\["a"\] is "\.\.\/\.\.\/etc\/passwd", expected the name of a file beside it/,
  ),
  sharded(
    shards({ a: "two.safetensors" }),
    "not-found",
    /"two\.safetensors", which is not there: fetch all shards/,
    "inspect",
  ),
  sharded(
    shards({ "wte.weight": "one.safetensors" }),
    "invalid-file",
    /tensor "wpe\.weight" of shape \[48,16\] is missing/,
    "generate",
  ),
];

const config = (values: Json, message: RegExp, verb?: Verb) =>
  field("config.json", (json) => Object.assign(json, values), message, verb);

export const configs: readonly HostileCase[] = [
  damaged("config.json", "{", /config\.json: the file is not valid JSON/, "inspect"),
  damaged("config.json", '{"n_layer": NaN}', /config\.json: the file is not valid JSON/),
  damaged("config.json", "[1]", /config\.json: the file is JSON, but not an object/),
  damaged(
    "config.json",
    (good) => good.subarray(0, 40),
    /config\.json: the file is not valid JSON: line 1, column \d+: .*; it is damaged or cut short/,
  ),
  damaged(
    "config.json",
    (good) => good.toString().replace(/"n_layer":\d+/, '"n_layer":1e999'),
    /n_layer is Infinity, expected a whole number/,
  ),
  config(
    { model_type: "mamba" },
    /model_type is "mamba", expected one of openai-gpt, gpt2, llama/,
    "generate",
  ),
  config({ model_type: { a: { b: { c: { d: {} } } } } }, /model_type is \{"a":/),
  config({ n_layer: 1e9 }, /n_layer is 1000000000, expected a whole number from 1 to 2048/, "inspect"),
  config(
    { n_layer: 2048 },
    /tensor "h\.1\.ln_1\.weight" of shape \[16\] is missing: the config does not describe these weights/,
    "generate",
  ),
  config({ n_head: 0 }, /n_head is 0, expected a whole number from 1/),
  config({ n_head: 5 }, /n_embd is 16, which n_head, 5, does not divide/),
  config({ n_embd: -16 }, /n_embd is -16/),
  config({ vocab_size: 0 }, /vocab_size is 0, expected a whole number from 1 to/),
  config(
    { vocab_size: 2 ** 24 },
    /"wte\.weight" has shape \[\d+,16\], but the config asks for \[16777216,16\]/,
    "generate",
  ),
  config(
    { n_positions: 2 ** 30 },
    /"wpe\.weight" has shape \[48,16\], but the config asks for \[1073741824,16\]/,
  ),
  config({ layer_norm_epsilon: -1e-5 }, /layer_norm_epsilon is -0\.00001, expected a number above 0/),
  field(
    "generation_config.json",
    (json) => Object.assign(json, { eos_token_id: "</s>" }),
    /generation_config\.json: eos_token_id is "<\/s>", expected a token id/,
  ),
  damaged("generation_config.json", "null", /generation_config\.json: the file is JSON, but not an object/),
];
