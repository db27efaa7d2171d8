import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open.ts";
import { report, tensorTable } from "../../../src/cli/verbs/inspect/report.ts";
import { gatherFacts } from "../../../src/library/facts/model-facts.ts";
import { writeModelDirectory, writeSafetensors } from "../../fixtures/directory-writer.ts";
import { typed, writeGguf } from "../../fixtures/gguf-writer.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const folder = temporaryFolder();

const tokens = ["<unk>", "<s>", "</s>", "▁", "a", "\x1b[31m"];
const metadata = {
  "general.architecture": "llama",
  "general.name": "Tiny\nLlama",
  "general.file_type": 2,
  "general.count": typed("u64", 2n ** 60n),
  "llama.embedding_length": 32,
  "llama.attention.head_count": 2,
  "llama.attention.layer_norm_rms_epsilon": 1e-5,
  "llama.block_count": 1,
  "llama.context_length": 16,
  "llama.feed_forward_length": 64,
  "tokenizer.ggml.model": "llama",
  "tokenizer.ggml.tokens": tokens,
  "tokenizer.ggml.scores": tokens.map((_, id) => -0.5 - id),
  "tokenizer.ggml.token_type": [2, 3, 3, 1, 1, 3],
};

async function factsOf(path: string) {
  return gatherFacts(await openCheckpoint(path));
}

describe("the facts of a GGUF file", () => {
  const path = folder("tiny.gguf");
  writeGguf(path, metadata, {
    "token_embd.weight": { dtype: "Q8_1", shape: [6, 32] },
    "blk.0.attn_norm.weight": { shape: [32] },
  });

  it("are its metadata, its types, and what keeps it from being loaded", async () => {
    const facts = await factsOf(path);
    expect(facts).toMatchObject({
      format: "gguf",
      family: "llama",
      storage: {
        files: 1,
        tensors: 2,
        tensorBytes: 6 * 36 + 128,
        dtypes: [
          { dtype: "Q8_1", tensors: 1, bytes: 216 },

          { dtype: "F32", tensors: 1, bytes: 128 },
        ],
      },
      problem: expect.stringContaining(`${path}: tensor "token_embd.weight" is Q8_1, which is not supported`),
      metadataKeys: Object.keys(metadata).length,
      general: { architecture: "llama", name: "Tiny\nLlama", file_type: 2, count: String(2n ** 60n) },
      tokenizer: {
        kind: "character BPE",
        vocabSize: 6,
        bos: { id: 1, text: "<s>" },
        addBos: true,
        endOfText: [{ id: 2, text: "</s>" }],
      },
    });
    expect(() => JSON.stringify(facts)).not.toThrow();
  });

  it("are shown line by line, whatever the file says", async () => {
    const shown = report(await factsOf(path));
    expect(shown).toMatch(/^tiny\.gguf: llama, [\d.]+K parameters\n\ncannot be loaded: .*Q8_1/);
    expect(shown).toContain('  name          "Tiny\\nLlama"\n');
    expect(shown).toContain("<unk> 0, <s> 1, </s> 2, \\u001b[31m 5\n");
    expect(shown).not.toContain("\x1b");
    expect(shown).not.toMatch(/NaN|undefined|\[object/);
  });

  it("hold where the tokenizer cannot be read", async () => {
    const odd = folder("odd.gguf");
    writeGguf(odd, { ...metadata, "tokenizer.ggml.model": "rwkv" });
    const facts = await factsOf(odd);
    expect(facts.tokenizer).toEqual({ problem: expect.stringContaining('"rwkv"') });
    expect(report(facts)).toMatch(/\ntokenizer +cannot be read: .*"rwkv"/);
  });
});

describe("the facts of a directory", () => {
  const config = { model_type: "gpt2", n_layer: 1, n_head: 1, n_embd: 4, n_positions: 4, vocab_size: 3 };

  it("count its shards", async () => {
    const path = writeModelDirectory(folder("shards"), config, undefined, { temperature: 0.5 });
    const [a, b] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;
    writeSafetensors(folder("shards", a), { "wte.weight": { dtype: "BF16", shape: [3, 4] } });
    writeSafetensors(folder("shards", b), { "odd\nname": { dtype: "I8", shape: [2] } });
    const index = { weight_map: { "wte.weight": a, "odd\nname": b } };
    writeFileSync(folder("shards", "model.safetensors.index.json"), JSON.stringify(index));
    const facts = await factsOf(path);
    expect(facts).toMatchObject({
      storage: { files: 2, tensors: 2, tensorBytes: 26 },
      problem: expect.stringContaining('tensor "wpe.weight"'),
      generationConfig: { temperature: 0.5 },
      tokenizer: null,
    });
    expect(report(facts)).toMatch(/\nfiles +2 files, .*\ntensors +1 BF16 \(24 bytes\), 1 I8 \(2 bytes\)\n/);
    expect(tensorTable([...(await openCheckpoint(path)).tensors.values()])).toBe(
      "wte.weight  BF16  [3, 4]  24\nodd\\nname   I8    [2]      2\n",
    );
  });

  it("give the size at every type, blocks counted", async () => {
    const path = folder("config.json");
    writeFileSync(path, JSON.stringify({ ...config, n_embd: 256, n_head: 2 }));
    const { memory, parameters } = await factsOf(path);
    expect(memory.weightsBytesAs.f32).toBe(4 * parameters.total);
    expect(Object.keys(memory.weightsBytesAs)).toEqual(
      "f32 f16 q8_0 q6_k q5_1 q5_k q5_0 q4_1 q4_k q4_0".split(" "),
    );
  });
});
