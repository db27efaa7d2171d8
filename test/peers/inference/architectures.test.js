/** node --test: llama.cpp reads the GGUF file of every golden checkpoint that this project can write as one. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { byteSymbols } from "../checkpoint/vocabulary.js";
import { importLibrary } from "../library.js";
import { shared } from "../shared.js";
import { Unavailable } from "../trial.js";
import { missing } from "./llama-logits.js";
import { distance } from "./logits.js";

/** llama.cpp keeps keys and values in F16. */
const tolerance = 0.01;
/** What llama.cpp does not compute as the reference does, and the lengths of prompts for which that changes nothing. */
const lengths = new Map([
  ["mistral-window", [1, 5]], // its Llama has no windows
  ["phi3", [1, 6]], // no windows
  ["starcoder2", [1, 5]], // no windows
  ["llama-dynamic", [1, 16]], // no frequencies by length
  ["phi3-longrope", [17, 128]], // the long factors where the context is long, whatever the length of the prompt
  ["gemma2", [1, 1]], // the scale of scores is that of published sizes
  ["gemma3", [1, 1]], // as gemma2
  ["gemma3-v5", [1, 1]], // as gemma2
  ["gemma3_text", [1, 1]], // as gemma2
]);
/** Checkpoints of sizes that no published model has, and llama.cpp does not read. */
const foreign = new Map([
  ["cohere-qknorm", "it looks for norms of queries and keys in files of 64 layers or more"],
  ["exaone4", "its heads share the width"],
  ["exaone4-full", "its heads share the width"],
  ["glm", "its heads share the width"],
  ["nemotron", "its heads share the width"],
]);
/** Tokens that llama.cpp asks for in files of Phi-3. */
const required = ["</s>", "<unk>", "<s>", "<|endoftext|>"];
/** Refusals that say that there is nothing to compare. */
const noFile = /GGUF has no architecture|GGUF cannot|which is not supported|expected one of/;

const directory = mkdtempSync(join(tmpdir(), "gpt-simd-architectures-"));
after(() => rmSync(directory, { recursive: true }));

for (const { name, cases } of decoders()) {
  const skip = foreign.get(name) ?? false;
  test(`${name} written as GGUF: llama.cpp gives the logits of the reference`, { skip }, async (t) => {
    try {
      const [least = 1, most = Number.POSITIVE_INFINITY] = lengths.get(name) ?? [];
      const compared = cases.filter(({ prompt: { length } }) => least <= length && length <= most);
      assert.notEqual(compared.length, 0);
      const prompts = compared.map(({ prompt }) => prompt);
      for (const [i, logits] of theirLogits(await write(name), prompts).entries()) {
        const expected = compared[i]?.logits.at(-1) ?? [];
        const share = distance(Float64Array.from(logits), Float64Array.from(expected));
        assert.ok(share < tolerance, `off by ${share} of the logits`);
      }
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      t.skip(error.message);
    }
  });
}

/** The logits of llama.cpp after each prompt. @param {string} path @param {number[][]} prompts @returns {number[][]} */
function theirLogits(path, prompts) {
  const script = join(import.meta.dirname, "llama-logits.js");
  const input = JSON.stringify(prompts);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, path], { input, encoding: "utf8" });
  if (status === missing) throw new Unavailable(stderr);
  assert.equal(status, 0, stderr.slice(-500));
  return JSON.parse(stdout);
}

/** @returns {{ name: string, cases: { prompt: number[], logits: number[][] }[] }[]} golden checkpoints with logits of prompts */
function decoders() {
  const golden = goldenFolder();
  if (golden === undefined) return [];
  return readdirSync(golden).flatMap((name) => {
    const path = join(golden, name, "expected.json");
    const { cases } = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
    return Array.isArray(cases) && cases[0].prompt && cases[0].logits ? [{ name, cases }] : [];
  });
}

/** The file of a golden checkpoint, with a tokenizer: llama.cpp opens none without. @param {string} name */
async function write(name) {
  const { GptError, quantizeModel } = await importLibrary();
  const copy = join(directory, name);
  cpSync(shared(`models/golden/${name}`), copy, { recursive: true });
  const config = JSON.parse(readFileSync(join(copy, "config.json"), "utf8"));
  const size = (config.text_config ?? config).vocab_size;
  const tokens = [...byteSymbols.slice(0, size - required.length), ...required];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const model = { type: "BPE", vocab, merges: [] };
  const bytes = { type: "ByteLevel", add_prefix_space: false };
  const tokenizer = { model, pre_tokenizer: bytes, decoder: bytes, added_tokens: [] };
  writeFileSync(join(copy, "tokenizer.json"), JSON.stringify(tokenizer));
  const path = join(directory, `${name}.gguf`);
  try {
    await quantizeModel(copy, path, "f32");
  } catch (error) {
    if (error instanceof GptError && noFile.test(error.message)) throw new Unavailable(error.message);
    throw error;
  }
  return path;
}

function goldenFolder() {
  try {
    return shared("models/golden");
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    process.stderr.write(`skipped: ${error.message}\n`);
    return undefined;
  }
}
