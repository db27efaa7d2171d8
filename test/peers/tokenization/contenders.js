/** Tokenizers with GPT-2's vocabulary, each as a function from text to ids. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../library.js";
import { shared } from "../shared.js";
import { importPackage } from "../trial.js";

/**
 * @typedef {object} Loaded
 * @property {string} version
 * @property {(text: string) => readonly number[]} encode
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {() => Promise<Loaded>} load
 */

/** @type {readonly Contender[]} */
export const contenders = [
  {
    name: "gpt-simd",
    async load() {
      const { loadTokenizer } = await importPackage(() => import("../../../dist/tokenizer/index.js"));
      const tokenizer = await loadTokenizer(shared("tokenizers/gpt2"));
      if (tokenizer === undefined) throw new Error("no tokenizer in ../shared/tokenizers/gpt2");
      return { version, encode: (text) => tokenizer.encode(text) };
    },
  },
  {
    name: "gpt-tokenizer",
    async load() {
      const { encode } = await importPackage(() => import("gpt-tokenizer/encoding/r50k_base"));
      return { version: installedVersion("gpt-tokenizer"), encode: (text) => encode(text) };
    },
  },
  {
    name: "@huggingface/tokenizers",
    async load() {
      const { Tokenizer } = await importPackage(() => import("@huggingface/tokenizers"));
      const tokenizer = new Tokenizer(gpt2Description(shared("tokenizers/gpt2")), {});
      return {
        version: installedVersion("@huggingface/tokenizers"),
        encode: (text) => tokenizer.encode(text).ids,
      };
    },
  },
];

/** What openai-community/gpt2's tokenizer.json says. @param {string} directory  of vocab.json and merges.txt */
function gpt2Description(directory) {
  const merges = readFileSync(join(directory, "merges.txt"), "utf8").split("\n");
  return {
    version: "1.0",
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      vocab: JSON.parse(readFileSync(join(directory, "vocab.json"), "utf8")),
      merges: merges.filter((line) => line !== "" && !line.startsWith("#version")),
    },
  };
}

/** @param {string} name @returns {string} */
function installedVersion(name) {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")).version;
}
