import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { parseModel } from "../../src/families/parse.ts";
import type { JsonObject } from "../../src/files/json.ts";
import { weightTable } from "../../src/model/weights.ts";
import { type ResolvedWeight, resolveWeights } from "../../src/weights/resolve.ts";
import { writeModelDirectory } from "../fixtures/directory-writer.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { writeGguf } from "../fixtures/gguf-writer.ts";
import { ggufMetadata, llama as storedLlama } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import type { TensorsToWrite } from "../fixtures/tensors.ts";
import { describeWithShared, shared } from "../shared.ts";

const file = temporaryFolder();

async function resolve(path: string): Promise<ResolvedWeight[]> {
  const checkpoint = await openCheckpoint(path);
  return resolveWeights(checkpoint, await parseModel(checkpoint));
}

const gpt2Config = { model_type: "gpt2", n_layer: 1, n_head: 2, n_embd: 8, n_positions: 6, vocab_size: 11 };
const gpt2: TensorsToWrite = {
  "wte.weight": { shape: [11, 8] },
  "wpe.weight": { shape: [6, 8] },
  "h.0.ln_1.weight": { shape: [8] },
  "h.0.ln_1.bias": { shape: [8] },
  "h.0.attn.bias": { shape: [1, 1, 6, 6] },
  "h.0.attn.masked_bias": { shape: [] },
  "h.0.attn.c_attn.weight": { shape: [8, 24] },
  "h.0.attn.c_attn.bias": { shape: [24] },
  "h.0.attn.c_proj.weight": { shape: [8, 8] },
  "h.0.attn.c_proj.bias": { shape: [8] },
  "h.0.ln_2.weight": { shape: [8] },
  "h.0.ln_2.bias": { shape: [8] },
  "h.0.mlp.c_fc.weight": { dtype: "F16", shape: [8, 32] },
  "h.0.mlp.c_fc.bias": { shape: [32] },
  "h.0.mlp.c_proj.weight": { dtype: "BF16", shape: [32, 8] },
  "h.0.mlp.c_proj.bias": { shape: [8] },
  "ln_f.weight": { shape: [8] },
  "ln_f.bias": { shape: [8] },
  "lm_head.weight": { shape: [11, 8] },
};

const llamaConfig = {
  model_type: "llama",
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 11,
};
const llama: TensorsToWrite = {
  "model.embed_tokens.weight": { shape: [11, 8] },
  "model.layers.0.input_layernorm.weight": { shape: [8] },
  "model.layers.0.self_attn.q_proj.weight": { shape: [8, 8] },
  "model.layers.0.self_attn.k_proj.weight": { shape: [4, 8] },
  "model.layers.0.self_attn.v_proj.weight": { shape: [4, 8] },
  "model.layers.0.self_attn.o_proj.weight": { shape: [8, 8] },
  "model.layers.0.self_attn.rotary_emb.inv_freq": { shape: [1] },
  "model.layers.0.post_attention_layernorm.weight": { shape: [8] },
  "model.layers.0.mlp.gate_proj.weight": { shape: [12, 8] },
  "model.layers.0.mlp.up_proj.weight": { shape: [12, 8] },
  "model.layers.0.mlp.down_proj.weight": { shape: [8, 12] },
  "model.norm.weight": { shape: [8] },
  "lm_head.weight": { shape: [11, 8] },
};

const partsOf = (weights: readonly ResolvedWeight[], name: string) =>
  weights
    .find(({ spec }) => spec.name === name)
    ?.parts.map(({ stored, source, outputs }) => [stored.name, source.layout, outputs]);

describe("resolveWeights", () => {
  it("finds GPT-2's tensors, with and without a prefix, and ignores its buffers", async () => {
    const prefixed = Object.entries(gpt2).map(([name, tensor]) => [`transformer.${name}`, tensor]);
    for (const tensors of [gpt2, Object.fromEntries(prefixed)]) {
      const weights = await resolve(writeModelDirectory(file("gpt2"), gpt2Config, tensors));
      expect(weights.map(({ spec }) => spec.name)).not.toContain("head.weight");
      const prefix = tensors === gpt2 ? "" : "transformer.";
      expect(partsOf(weights, "blocks.0.attention.qkv.weight")).toEqual([
        [`${prefix}h.0.attn.c_attn.weight`, "conv1d", 24],
      ]);
      expect(partsOf(weights, "blocks.0.attention.qkv.bias")).toEqual([
        [`${prefix}h.0.attn.c_attn.bias`, "linear", 24],
      ]);
      expect(partsOf(weights, "token_embedding.weight")).toEqual([[`${prefix}wte.weight`, "linear", 11]]);
    }
  });

  it("stacks Llama's queries, keys and values, and gate and up", async () => {
    const weights = await resolve(writeModelDirectory(file("llama"), llamaConfig, llama));
    expect(partsOf(weights, "blocks.0.attention.qkv.weight")).toEqual([
      ["model.layers.0.self_attn.q_proj.weight", "linear", 8],
      ["model.layers.0.self_attn.k_proj.weight", "linear", 4],
      ["model.layers.0.self_attn.v_proj.weight", "linear", 4],
    ]);
    expect(partsOf(weights, "blocks.0.mlp.up.weight")).toEqual([
      ["model.layers.0.mlp.gate_proj.weight", "linear", 12],
      ["model.layers.0.mlp.up_proj.weight", "linear", 12],
    ]);
    expect(partsOf(weights, "head.weight")).toEqual([["lm_head.weight", "linear", 11]]);
  });
});

describe("weights that do not fit their config are refused", () => {
  const without = (tensors: TensorsToWrite, name: string) =>
    Object.fromEntries(Object.entries(tensors).filter(([key]) => key !== name));
  const k = "model.layers.0.self_attn.k_proj.weight";
  const v = "model.layers.0.self_attn.v_proj.weight";

  it.each<[string, JsonObject, TensorsToWrite, RegExp]>([
    ["one missing", gpt2Config, without(gpt2, "ln_f.bias"), /tensor "ln_f\.bias" of shape \[8\] is missing/],
    [
      "a part missing",
      llamaConfig,
      without(llama, k),
      /"layers\.0\.self_attn\.k_proj\.weight" of shape \[4,8\] is missing/,
    ],
    [
      "a head missing",
      { ...llamaConfig, tie_word_embeddings: false },
      without(llama, "lm_head.weight"),
      /"lm_head\.weight"/,
    ],
    [
      "another vocabulary",
      { ...gpt2Config, vocab_size: 12 },
      gpt2,
      /"wte\.weight" has shape \[11,8\], but the config asks for \[12,8\]/,
    ],
    ["more layers", { ...gpt2Config, n_layer: 2 }, gpt2, /"h\.1\.ln_1\.weight" of shape \[8\] is missing/],
    [
      "fewer layers",
      { ...gpt2Config, n_layer: 1 },
      { ...gpt2, "h.1.ln_1.weight": { shape: [8] } },
      /the config ends with layer 0, but there is "h\.1\.ln_1\.weight"/,
    ],
    [
      "a matrix that is not transposed",
      gpt2Config,
      { ...gpt2, "h.0.mlp.c_fc.weight": { shape: [32, 8] } },
      /"h\.0\.mlp\.c_fc\.weight" has shape \[32,8\], but the config asks for \[8,32\]/,
    ],
    [
      "a vector for a matrix",
      gpt2Config,
      { ...gpt2, "wpe.weight": { shape: [48] } },
      /"wpe\.weight" has shape \[48\]/,
    ],
    [
      "parts that only fit together",
      llamaConfig,
      { ...llama, [k]: { shape: [6, 8] }, [v]: { shape: [2, 8] } },
      /k_proj\.weight" has shape \[6,8\]/,
    ],
    ["an empty tensor", gpt2Config, { ...gpt2, "ln_f.bias": { shape: [0] } }, /"ln_f\.bias" has shape \[0\]/],
    [
      "another dtype",
      gpt2Config,
      { ...gpt2, "ln_f.bias": { dtype: "F64", shape: [8] } },
      /"ln_f\.bias" is F64, which is not supported/,
    ],
    [
      "8-bit floats",
      gpt2Config,
      { ...gpt2, "wte.weight": { dtype: "F8_E4M3", shape: [11, 8] } },
      /"wte\.weight" is F8_E4M3/,
    ],
    [
      "a bias nobody asked for",
      llamaConfig,
      { ...llama, "model.layers.0.self_attn.o_proj.bias": { shape: [8] } },
      /"model\.layers\.0\.self_attn\.o_proj\.bias" is a bias that the config does not ask for/,
    ],
  ])("%s", async (_name, config, tensors, message) => {
    const path = writeModelDirectory(file("case"), config, tensors);
    const error = await rejectionOf(resolve(path));
    expect(error.code).toBe("invalid-file");
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(path)).toBe(true);
  });

  it("a config without weights, as not found", async () => {
    const directory = writeModelDirectory(file("bare"), gpt2Config, {});
    for (const path of [directory, join(directory, "config.json")]) {
      expect(await rejectionOf(resolve(path))).toMatchObject({
        code: "not-found",
        message: `${path}: describes a model but holds no weights: model.safetensors belongs beside config.json`,
      });
    }
  });
});

describe("quantized tensors", () => {
  const config = { ...storedLlama, nEmbd: 64 };
  const embedding = (dtype: string) => ({ "token_embd.weight": { dtype, shape: [config.vocabSize, 64] } });

  it.each<[string, TensorsToWrite, string]>([
    [
      "of a type that is not read",
      embedding("Q2_0"),
      "Q2_0, which is not supported: convert the model to one of F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K",
    ],
    [
      "that are vectors",
      { ...embedding("Q8_0"), "blk.0.attn_norm.weight": { dtype: "Q8_0", shape: [64] } },
      '"blk.0.attn_norm.weight" is Q8_0, which is not supported: convert the model to one of F32, F16, BF16',
    ],
    ["that are read", embedding("Q4_0"), 'tensor "blk.0.attn_norm.weight" of shape [64] is missing'],
  ])("%s", async (_, tensors, message) => {
    writeGguf(file("blocks.gguf"), ggufMetadata(config), tensors);
    expect((await rejectionOf(resolve(file("blocks.gguf")))).message).toContain(message);
  });

  it("are for GGUF alone", async () => {
    const tensors = { ...gpt2, "wte.weight": { dtype: "Q8_0", shape: [11, 8] } };
    const error = await rejectionOf(resolve(writeModelDirectory(file("blocks"), gpt2Config, tensors)));
    expect(error.message).toMatch(
      /"wte.weight" is Q8_0, which is not supported: convert the model to one of F32, F16, BF16$/,
    );
  });
});

describeWithShared("real checkpoints", () => {
  it.each([
    "golden/gpt2",
    "golden/openai-gpt",
    "golden/llama",
    "golden/qwen2",
    "golden/training/init",
    "tiny-random-gpt2",
    "stories-gpt2",
    "stories260k.gguf",
  ])("%s is complete", async (name) => {
    const checkpoint = await openCheckpoint(shared(`models/${name}`));
    const description = await parseModel(checkpoint);
    const weights = resolveWeights(checkpoint, description);
    expect(weights.map(({ spec }) => spec)).toEqual(weightTable(description.config));
    const used = new Set(weights.flatMap(({ parts }) => parts.map(({ stored }) => stored.name)));
    const unused = [...checkpoint.tensors.keys()].filter((tensor) => !used.has(tensor));
    expect(unused).toEqual([]);
  });
});
