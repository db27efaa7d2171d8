import { describe, expect, it } from "vitest";
import { GGUF_LATENT_NAMES } from "../../src/families/blocks/latent-names.ts";
import { namesIn } from "../../src/families/gguf-names.ts";
import { parseModel } from "../../src/families/parse.ts";
import { attentionsOf } from "../../src/model/mixers.ts";
import { checkpointOf, sourcesOf } from "./config-json.ts";
import { ggufReader, metadataOf, rms, sizes } from "./gguf-metadata.ts";

const { parse, llama } = ggufReader();

describe("the stored tensors of a weight in GGUF", () => {
  it("llama rotates pairs that lie side by side, the others half a head apart", async () => {
    const description = await llama();
    expect(description.prefix).toBe("");
    const [{ headDim } = { headDim: 0 }] = attentionsOf(description.config);
    const pairs = { block: headDim, groups: headDim / 2, parts: [1, 1] };
    expect(sourcesOf(description, "blocks.1.attention.qkv.weight")).toEqual([
      { tensor: "blk.1.attn_q.weight", layout: "linear", rows: pairs },
      { tensor: "blk.1.attn_k.weight", layout: "linear", rows: pairs },
      { tensor: "blk.1.attn_v.weight", layout: "linear" },
    ]);
    const qwen2 = await parse(metadataOf("qwen2", rms));
    expect(sourcesOf(qwen2, "blocks.1.attention.qkv.bias")).toEqual([
      { tensor: "blk.1.attn_q.bias", layout: "linear" },
      { tensor: "blk.1.attn_k.bias", layout: "linear" },
      { tensor: "blk.1.attn_v.bias", layout: "linear" },
    ]);
  });

  it("the first files of phi2 have one tensor for queries, keys and values, others have three", async () => {
    const metadata = metadataOf("phi2", { ...sizes, "attention.layer_norm_epsilon": 1e-5 });
    const name = (part: string) => `blk.0.attn_${part}.weight`;
    for (const parts of [["qkv"], ["q", "k", "v"]]) {
      const tensors = Object.fromEntries(parts.map((part) => [name(part), { shape: [16, 16] }]));
      const found = sourcesOf(await parse(metadata, tensors), "blocks.0.attention.qkv.weight");
      expect(found.map(({ tensor }) => tensor)).toEqual(parts.map(name));
    }
  });

  it("gpt2 has one tensor for queries, keys and values", async () => {
    const description = await parse(metadataOf("gpt2", { ...sizes, "attention.layer_norm_epsilon": 1e-5 }));
    expect(sourcesOf(description, "blocks.0.attention.qkv.weight")).toEqual([
      { tensor: "blk.0.attn_qkv.weight", layout: "linear" },
    ]);
    expect(sourcesOf(description, "position_embedding.weight")).toEqual([
      { tensor: "position_embd.weight", layout: "linear" },
    ]);
  });
});

describe("tensors of older files", () => {
  const keys = "blocks.*.attention.keys_of_heads";
  const tensors = (...names: string[]) =>
    new Map(
      names.map((name) => {
        const place = { file: "", offset: 0, byteLength: 0 };
        return [name, { name, dtype: "F32", shape: [1], ...place }] as const;
      }),
    );

  it("hold one expert each", () => {
    const names = namesIn(tensors("blk.0.ffn_gate.0.weight"), GGUF_LATENT_NAMES);
    expect(names["blocks.*.mlp.experts.down"]).toEqual(["blk.*.ffn_down.#"]);
    const newer = namesIn(tensors("blk.1.ffn_gate_up_exps.weight"), GGUF_LATENT_NAMES);
    expect(newer["blocks.*.mlp.experts.up"]).toEqual(["blk.*.ffn_gate_up_exps"]);
  });

  it("hold the keys and values of all heads, newer ones the keys alone", () => {
    const older = namesIn(tensors("blk.0.attn_kv_b.weight"), GGUF_LATENT_NAMES)[keys];
    expect(older).toMatchObject([{ module: "blk.*.attn_kv_b", layout: "conv1d" }]);
    const newer = namesIn(tensors("blk.0.attn_k_b.weight", "blk.0.attn_kv_b.weight"), GGUF_LATENT_NAMES)[
      keys
    ];
    expect(newer).toEqual([{ module: "blk.*.attn_k_b", ofHead: "slice" }]);
  });
});

describe("the stored tensors of a weight in Hugging Face directories", () => {
  it("a head that fills masks has its bias beside it, unless the head is a matrix of its own", async () => {
    const biasOf = async (tied: boolean) => {
      const description = await parseModel(
        checkpointOf({ model_type: "bert", architectures: ["BertForMaskedLM"], tie_word_embeddings: tied }),
      );
      return sourcesOf(description, "head.bias");
    };
    expect(await biasOf(true)).toEqual([{ tensor: "cls.predictions.bias", layout: "linear" }]);
    expect(await biasOf(false)).toEqual([
      { tensor: "cls.predictions.decoder.bias", layout: "linear", older: "cls.predictions.bias" },
    ]);
  });
});
