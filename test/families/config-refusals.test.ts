import { describe, expect, it } from "vitest";
import { parseModel } from "../../src/families/parse.ts";
import type { JsonObject } from "../../src/files/json.ts";
import * as configs from "../fixtures/configs.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { checkpointOf } from "./config-json.ts";

describe("what is wrong or not implemented is refused by name", () => {
  const { gpt2, openaiGpt, tinyLlama, mistral7b, qwen25, qwen3 } = configs;
  const scaled = (rope_type: string) => ({ ...tinyLlama, rope_scaling: { rope_type, factor: 4 } });
  it.each<[JsonObject, RegExp]>([
    [{ ...gpt2, n_layer: 0 }, /n_layer is 0, expected a whole number from 1 to/],
    [{ ...gpt2, n_layer: "12" }, /n_layer is "12"/],
    [{ ...gpt2, n_layer: 1e6 }, /n_layer is 1000000/],
    [{ ...gpt2, n_layer: 1.5 }, /n_layer is 1\.5/],
    [{ ...gpt2, n_embd: -768 }, /n_embd is -768/],
    [{ ...gpt2, n_embd: 1e300 }, /n_embd is 1e\+300/],
    [{ ...gpt2, n_head: 7 }, /n_embd is 768, which n_head, 7, does not divide/],
    [{ ...gpt2, vocab_size: 2 ** 40 }, /vocab_size is 1099511627776/],
    [{ ...gpt2, n_positions: [1024] }, /n_positions is \[1024\]/],
    [{ ...gpt2, layer_norm_epsilon: "1e-5" }, /layer_norm_epsilon is "1e-5", expected a number above 0/],
    [{ ...gpt2, layer_norm_epsilon: -1 }, /layer_norm_epsilon is -1/],
    [{ ...gpt2, activation_function: "elu" }, /activation_function is "elu", expected one of gelu_new/],
    [{ ...gpt2, activation_function: 3 }, /activation_function is 3/],
    [{ ...gpt2, scale_attn_weights: 1 }, /scale_attn_weights is 1, expected true or false/],
    [{ ...gpt2, add_cross_attention: true }, /add_cross_attention is true/],
    [{ ...gpt2, position_embedding_type: "relative_key" }, /position_embedding_type is "relative_key"/],
    [{ ...gpt2, tie_word_embeddings: "yes" }, /tie_word_embeddings is "yes", expected true or false/],
    [{ ...openaiGpt, afn: "relu" }, /afn is "relu"/],
    [{ ...tinyLlama, hidden_act: "elu" }, /hidden_act is "elu"/],
    [{ ...tinyLlama, num_key_value_heads: 5 }, /num_key_value_heads is 5, expected a divisor/],
    [
      { ...tinyLlama, num_attention_heads: 30, num_key_value_heads: 5 },
      /hidden_size is 2048, which num_attention_heads, 30/,
    ],
    [{ ...tinyLlama, head_dim: 63 }, /heads of 63 cannot be rotated/],
    [{ ...tinyLlama, rope_theta: 0 }, /rope_theta is 0/],
    [{ ...tinyLlama, partial_rotary_factor: 1.5 }, /partial_rotary_factor is 1\.5/],
    [
      { ...tinyLlama, rope_parameters: { partial_rotary_factor: 0 } },
      /rope_parameters\.partial_rotary_factor is 0/,
    ],
    [scaled("ntk"), /rope_scaling\.rope_type is "ntk", which is not supported/],
    [scaled("longrope"), /a list of longrope has 0 divisors, expected 32/],
    [{ ...tinyLlama, rope_scaling: { type: "xpos", factor: 4 } }, /rope_scaling\.type is "xpos"/],
    [{ ...tinyLlama, rope_scaling: { type: "linear" } }, /rope_scaling\.factor is missing/],
    [{ ...tinyLlama, rope_scaling: "linear" }, /rope_scaling is "linear", expected an object/],
    [{ ...tinyLlama, rope_scaling: { rope_type: "llama3", factor: 8 } }, /low_freq_factor is missing/],
    [
      {
        ...tinyLlama,
        rope_parameters: { full_attention: { rope_theta: 1 }, sliding_attention: { rope_theta: 2 } },
      },
      /rope_parameters differs between kinds of layers/,
    ],
    [
      { ...tinyLlama, quantization_config: { quant_method: "gptq", bits: 4 } },
      /quantization_config says gptq/,
    ],
    [{ ...tinyLlama, quantization: { bits: 4, group_size: 64 } }, /quantized/],
    [{ ...tinyLlama, num_local_experts: 8 }, /num_local_experts is 8, but mixtures of experts/],
    [{ ...mistral7b, sliding_window: 0 }, /sliding_window is 0/],
    [{ ...qwen25, layer_types: ["linear_attention"] }, /layer_types is \["linear_attention"\]/],
    [{ ...qwen25, layer_types: ["sliding_attention"], sliding_window: "x" }, /sliding_window is "x"/],
    [{ ...qwen3, head_dim: 0 }, /head_dim is 0/],
  ])("%#: %j", async (config, message) => {
    const error = await rejectionOf(parseModel(checkpointOf(config)));
    expect(error.code).toBe("invalid-file");
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^models\/x\/config\.json: /);
  });
});
