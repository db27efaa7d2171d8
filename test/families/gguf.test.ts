import { describe, expect, it } from "vitest";
import { readGguf } from "../../src/checkpoint/gguf/gguf.ts";
import { parseModel } from "../../src/families/parse.ts";
import { attentionsOf } from "../../src/model/mixers.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { type GgufMetadataToWrite, typed } from "../fixtures/gguf-writer.ts";
import { uniformOf } from "../fixtures/uniform.ts";
import { describeWithShared, shared } from "../shared.ts";
import { ggufReader, metadataOf, rms, sizes } from "./gguf-metadata.ts";

const { path, parse, llama, uniformLlama } = ggufReader();

describe("GGUF metadata becomes the decoder's config", () => {
  it("llama", async () => {
    const config = await uniformLlama();
    expect(config).toEqual({
      family: "llama",
      vocabSize: 6,
      nLayer: 2,
      nHead: 4,
      nKvHead: 2,
      headDim: 4,
      nEmbd: 16,
      nInner: 24,
      nPositions: 64,
      norm: "rmsnorm",
      normEpsilon: 2 ** -20,
      normPlacement: "pre",
      queryKeyNorm: false,
      position: { kind: "rotary", theta: 10000, scaling: { kind: "none" } },
      activation: "silu",
      gated: true,
      qkvBias: false,
      attentionOutputBias: false,
      mlpBias: false,
      tiedHead: true,
    });
  });

  it("gpt2", async () => {
    const { feed_forward_length: _, ...fields } = { ...sizes, "attention.layer_norm_epsilon": 2 ** -17 };
    const { config } = await parse(metadataOf("gpt2", fields));
    expect(uniformOf(config)).toMatchObject({
      family: "gpt2",
      nKvHead: 4,
      nInner: 64,
      norm: "layernorm",
      normEpsilon: 2 ** -17,
      normPlacement: "pre",
      position: { kind: "learned" },
      activation: "gelu_tanh",
      gated: false,
      qkvBias: true,
      attentionOutputBias: true,
      mlpBias: true,
    });
  });

  it("qwen2 and qwen3", async () => {
    const qwen2 = await parse(metadataOf("qwen2", { ...rms, "rope.freq_base": 1e6 }));
    expect(uniformOf(qwen2.config)).toMatchObject({
      qkvBias: true,
      queryKeyNorm: false,
      position: { theta: 1e6 },
    });
    const wide = { "attention.key_length": 8, "attention.value_length": 8, "rope.dimension_count": 8 };
    const qwen3 = await parse(metadataOf("qwen3", { ...rms, ...wide }));
    expect(uniformOf(qwen3.config)).toMatchObject({ qkvBias: false, queryKeyNorm: true, headDim: 8 });
  });

  it("biases, head and vocabulary as the tensors have them", async () => {
    const config = await uniformLlama(
      {},
      {
        "token_embd.weight": { shape: [9, 16] },
        "output.weight": { shape: [9, 16] },
        "blk.0.attn_q.bias": { shape: [16] },
        "blk.0.ffn_up.bias": { shape: [24] },
      },
    );
    expect(config).toMatchObject({
      vocabSize: 9,
      tiedHead: false,
      qkvBias: true,
      attentionOutputBias: false,
      mlpBias: true,
    });
  });

  it("lists with one value for each layer, where all agree", async () => {
    const config = await uniformLlama({ feed_forward_length: [32, 32], "attention.head_count_kv": [4, 4] });
    expect(config).toMatchObject({ nInner: 32, nKvHead: 4 });
  });

  it("a sliding window", async () => {
    const masks = async (size: number) =>
      attentionsOf((await llama({ "attention.sliding_window": size })).config).map(({ mask }) => mask);
    expect(new Set(await masks(32))).toEqual(new Set([{ kind: "window", size: 32 }]));
    expect(new Set(await masks(0))).toEqual(new Set([{ kind: "causal" }]));
  });
});

describe("what is wrong or not implemented is refused by name", () => {
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(rms).filter(([name]) => !names.includes(name)));
  it.each<[GgufMetadataToWrite, RegExp]>([
    [{}, /general\.architecture is missing, expected one of gpt2, llama/],
    [{ "general.architecture": "rwkv" }, /general\.architecture is "rwkv", expected one of/],
    [{ "general.architecture": 7 }, /general\.architecture is 7/],
    [metadataOf("llama", without("block_count")), /llama\.block_count is missing/],
    [metadataOf("llama", without("attention.layer_norm_rms_epsilon")), /layer_norm_rms_epsilon is missing/],
    [
      metadataOf("llama", { ...rms, block_count: typed("u64", 2n ** 62n) }),
      /block_count is 4611686018427387904/,
    ],
    [metadataOf("llama", { ...rms, block_count: typed("i32", -1) }), /block_count is -1/],
    [
      metadataOf("llama", { ...rms, embedding_length: 18 }),
      /embedding_length is 18, which attention\.head_count, 4/,
    ],
    [metadataOf("llama", { ...rms, "attention.head_count_kv": 3 }), /head_count_kv is 3, expected a divisor/],
    [metadataOf("llama", { ...rms, "attention.head_count": [4, 2] }), /attention\.head_count is \[4,2\]/],
    [
      metadataOf("llama", { ...rms, "attention.value_length": 8 }),
      /value_length is 8, expected the length of the keys, 4/,
    ],
    [
      metadataOf("llama", { ...rms, "rope.dimension_count": 8 }),
      /rope\.dimension_count is 8, expected a whole number from 1 to 4/,
    ],
    [metadataOf("llama", { ...rms, "rope.scaling.type": "ntk" }), /rope\.scaling\.type is "ntk"/],
    [metadataOf("llama", { ...rms, "rope.scaling.type": "yarn" }), /rope\.scaling\.factor is/],
    [
      metadataOf("llama", { ...rms, "rope.freq_base": typed("f32", Number.NaN) }),
      /rope\.freq_base is NaN, expected a number above 0/,
    ],
    [metadataOf("qwen2", { ...rms, expert_count: 8 }), /qwen2\.expert_count is 8, but mixtures of experts/],
    [
      { ...metadataOf("llama", rms), "tokenizer.ggml.eos_token_id": "x" },
      /tokenizer\.ggml\.eos_token_id is "x"/,
    ],
  ])("%#", async (metadata, message) => {
    const error = await rejectionOf(parse(metadata));
    expect(error.code).toBe("invalid-file");
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`${path}: `)).toBe(true);
  });
});

describeWithShared("real GGUF files", () => {
  const of = async (path: string) => parseModel(await readGguf(shared(path)));
  it("stories260k", async () => {
    const { config, bosId, endOfTextIds } = await of("models/stories260k.gguf");
    expect(uniformOf(config)).toMatchObject({
      vocabSize: 512,
      nLayer: 5,
      nHead: 8,
      nKvHead: 4,
      headDim: 8,
      tiedHead: false,
    });
    expect([bosId, endOfTextIds]).toEqual([1, [2]]);
  });

  it("vocabularies without tensors are described as well", async () => {
    const gpt2 = await of("tokenizers/gpt2/vocab.gguf");
    expect(uniformOf(gpt2.config)).toMatchObject({ vocabSize: 50257, nLayer: 12, nPositions: 1024 });
    expect(gpt2.endOfTextIds).toEqual([50256]);
    expect(uniformOf((await of("tokenizers/llama-spm/vocab.gguf")).config)).toMatchObject({
      vocabSize: 32000,
      nLayer: 32,
    });
  });
});
