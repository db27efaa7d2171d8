/** GGUF files whose metadata are all that matters of them. */
import { readGguf } from "../../src/checkpoint/gguf/gguf.ts";
import { parseModel } from "../../src/families/parse.ts";
import { type GgufMetadataToWrite, writeGguf } from "../fixtures/gguf-writer.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import type { TensorsToWrite } from "../fixtures/tensors.ts";
import { uniformOf } from "../fixtures/uniform.ts";

export const sizes = {
  block_count: 2,
  context_length: 64,
  embedding_length: 16,
  feed_forward_length: 24,
  "attention.head_count": 4,
};

/** Sizes of a family with RMS norm. */
export const rms = { ...sizes, "attention.head_count_kv": 2, "attention.layer_norm_rms_epsilon": 2 ** -20 };

const tokenizer = { "tokenizer.ggml.tokens": ["<unk>", "<s>", "</s>", "a", "b", "<|im_end|>"] };

/** @param fields without the name of the architecture */
export function metadataOf(architecture: string, fields: GgufMetadataToWrite): GgufMetadataToWrite {
  const own = Object.entries(fields).map(([key, value]) => [`${architecture}.${key}`, value]);
  return { "general.architecture": architecture, ...Object.fromEntries(own), ...tokenizer };
}

/** Reads the models of such files, which it writes in a folder of the test file. */
export function ggufReader() {
  const path = temporaryFolder()("case.gguf");
  const parse = async (metadata: GgufMetadataToWrite, tensors: TensorsToWrite = {}) => {
    writeGguf(path, metadata, tensors);
    return parseModel(await readGguf(path));
  };
  const llama = (fields: GgufMetadataToWrite = {}, tensors: TensorsToWrite = {}) =>
    parse(metadataOf("llama", { ...rms, ...fields }), tensors);
  const uniformLlama = async (fields: GgufMetadataToWrite = {}, tensors: TensorsToWrite = {}) =>
    uniformOf((await llama(fields, tensors)).config);
  return { path, parse, llama, uniformLlama };
}
