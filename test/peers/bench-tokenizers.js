/**
 * node bench-tokenizers.js DIRECTORY TEXT... [--rounds 5]: the GPT-2 tokenizer of a directory (vocab.json, merges.txt) on
 * texts, beside gpt-tokenizer and @huggingface/tokenizers. Prints Markdown.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { loadTokenizer } from "../../dist/tokenizer/index.js";
import { count } from "./count.js";
import { spread } from "./statistics.js";

/** @typedef {(text: string) => readonly number[]} Encode */

const { values, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "5" } },
  allowPositionals: true,
});
const [directory, ...texts] = positionals;
if (directory === undefined || texts.length === 0) {
  throw new Error("expected the directory of a GPT-2 tokenizer, and texts");
}
const rounds = count("rounds", values.rounds);

/** What makes each tokenizer, with nothing remembered yet. @type {Record<string, () => Promise<Encode>>} */
const contenders = {
  "gpt-simd": async () => {
    const tokenizer = await loadTokenizer(directory, "gpt2");
    return (text) => tokenizer?.encode(text) ?? [];
  },
  "gpt-tokenizer": async () => {
    const tokenizer = await import("gpt-tokenizer/encoding/r50k_base");
    tokenizer.clearMergeCache();
    return (text) => tokenizer.encode(text, { disallowedSpecial: new Set() });
  },
  "@huggingface/tokenizers": async () => {
    const { Tokenizer } = await import("@huggingface/tokenizers");
    const tokenizer = new Tokenizer(tokenizerJson(), {});
    return (text) => tokenizer.encode(text).ids;
  },
};

function tokenizerJson() {
  const read = (/** @type {string} */ name) => readFileSync(join(directory, name), "utf8");
  const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  const merges = read("merges.txt").trimEnd().split("\n").slice(1);
  return {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: bytes,
    post_processor: null,
    decoder: bytes,
    model: { type: "BPE", vocab: JSON.parse(read("vocab.json")), merges },
  };
}

/** Megabytes of text in a second of processor time: on a busy machine the clock says little. */
function speedOf(/** @type {Encode} */ encode, /** @type {string} */ text) {
  const before = process.cpuUsage();
  const ids = encode(text);
  const { user, system } = process.cpuUsage(before);
  return { ids, speed: Buffer.byteLength(text) / (user + system) };
}

const isInstalled = (/** @type {string} */ name) => {
  try {
    return createRequire(import.meta.url).resolve(name) !== "";
  } catch {
    return false;
  }
};
const format = (/** @type {readonly number[]} */ numbers, /** @type {number} */ digits) => {
  const { median, low, high } = spread(numbers);
  return `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
};

const [us, ...others] = Object.keys(contenders);
const peers = others.filter(isInstalled);
const missing = others.filter((name) => !peers.includes(name));
console.log(
  `Node ${process.version}, ${rounds} rounds, each with an empty cache; the median (lowest-highest).\n`,
);
console.log(
  "| text | MB | tokenizer | MB/s | gpt-simd over it | ids |\n| --- | --- | --- | --- | --- | --- |",
);
for (const path of texts) {
  const text = readFileSync(path, "utf8");
  /** @type {Record<string, { ids: readonly number[], speed: number }[]>} */
  const runs = Object.fromEntries([us, ...peers].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(runs)) runs[name].push(speedOf(await contenders[name](), text));
  }
  for (const [name, results] of Object.entries(runs)) {
    const speeds = results.map(({ speed }) => speed);
    const ratios = speeds.map((speed, round) => runs[us][round].speed / speed);
    const same = String(results[0].ids) === String(runs[us][0].ids) ? "the same" : "others";
    const size = (Buffer.byteLength(text) / 1e6).toFixed(1);
    console.log(
      `| ${basename(path)} | ${size} | ${name} | ${format(speeds, 1)} | ${format(ratios, 2)} x | ${same} |`,
    );
  }
}
for (const name of missing) console.log(`\nNot run: ${name} (not installed).`);
