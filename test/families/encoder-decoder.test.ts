import { describe, expect, it } from "vitest";
import { parseModel } from "../../src/families/parse.ts";
import type { JsonObject } from "../../src/files/json.ts";
import { expectRefusal } from "../tokenizer/fixtures.ts";

const parse = (config: JsonObject) =>
  parseModel({
    format: "huggingface",
    path: "models/x",
    config,
    generationConfig: {},
    tensors: new Map(),
  });

describe("an encoder-decoder", () => {
  it("of T5 has as many layers on both sides unless it says otherwise", async () => {
    const { config } = await parse({ model_type: "t5", num_layers: 3 });
    expect([config.layers.length, config.encoder?.body.layers.length]).toEqual([3, 3]);
    const other = await parse({ model_type: "t5", num_layers: 3, num_decoder_layers: 1 });
    expect([other.config.layers.length, other.config.encoder?.body.layers.length]).toEqual([1, 3]);
    expect(config.head).toMatchObject({ tied: true, scale: 512 ** -0.5 });
    expect(config.layers[0]?.cross?.attention).toMatchObject({ mask: { kind: "full" }, scale: 1 });
  });

  it("of mT5 is a T5 with a gate and a head of its own", async () => {
    const { config } = await parse({ model_type: "mt5" });
    expect(config).toMatchObject({ family: "t5", vocabSize: 250_112, head: { tied: false, scale: 1 } });
    expect(config.layers[0]?.mlp).toMatchObject({ gated: true, activation: "gelu_tanh" });
  });

  it.each<[string, JsonObject]>([
    ["decoder_attention_heads is 7, but 1024 is no multiple", { decoder_attention_heads: 7 }],
    ["encoder_attention_heads is 5, but 1024 is no multiple", { encoder_attention_heads: 5 }],
    ["normalize_before is true", { normalize_before: true }],
    ["tie_word_embeddings is false, which is not supported", { tie_word_embeddings: false }],
  ])("of BART is refused where %s", async (message, fields) => {
    await expectRefusal(() => parse({ model_type: "bart", ...fields }), message);
  });

  it("of T5 is refused for other activations and too few buckets", async () => {
    await expectRefusal(
      () => parse({ model_type: "t5", feed_forward_proj: "gated-elu" }),
      'feed_forward_proj is "gated-elu", expected one of gelu_new, gelu_pytorch_tanh',
    );
    await expectRefusal(
      () => parse({ model_type: "t5", relative_attention_num_buckets: 2 }),
      "relative_attention_num_buckets is 2, expected a whole number from 4",
    );
  });
});
