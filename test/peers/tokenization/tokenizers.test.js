/** node --test: Hugging Face's tokenizers reads what `saveTokenizer` writes, and gives the same ids. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadTokenizer } from "../../../dist/tokenizer/index.js";
import {
  saveTokenizer,
  trainingPatternNames,
  trainTokenizer,
} from "../../../dist/tokenizer/trainer/index.js";

const { Tokenizer } = await import("@huggingface/tokenizers").catch(() => ({ Tokenizer: undefined }));
const skip = Tokenizer === undefined && "@huggingface/tokenizers is not installed";

const directory = mkdtempSync(join(tmpdir(), "gpt-simd-tokenizers-"));
after(() => rmSync(directory, { recursive: true }));

const page = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const texts = [
  page,
  "It's the 1234th café, naïve 中文字 한국어 😀👨‍👩‍👧\r\n\t  DON'T <|im_start|>user\n",
  " \n\n  x  ",
];

for (const pattern of trainingPatternNames) {
  test(`the same ids: ${pattern}`, { skip }, async () => {
    const specialTokens = ["<|endoftext|>", "<|im_start|>"];
    const trained = await trainTokenizer(texts, { pattern, specialTokens, vocabSize: 600 });
    await saveTokenizer(trained, directory);
    const ours = await loadTokenizer(directory);
    const json = (/** @type {string} */ name) => JSON.parse(readFileSync(join(directory, name), "utf8"));
    const theirs = Tokenizer && new Tokenizer(json("tokenizer.json"), json("tokenizer_config.json"));
    for (const text of texts) {
      assert.deepEqual(theirs?.encode(text).ids, ours?.encode(text, { parseSpecial: true }));
    }
  });
}
