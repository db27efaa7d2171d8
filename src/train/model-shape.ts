/** The shape of a model that is trained from nothing, and the config.json that says it to every reader. */
import { configAlone } from "../checkpoint/checkpoint.ts";
import { GptError } from "../errors.ts";
import type { JsonObject } from "../files/json.ts";
import type { DecoderConfig } from "../model/config.ts";
import { describeModel } from "../model/families/index.ts";

/** Families whose block can be trained from nothing. */
export const SHAPE_FAMILIES = ["gpt2", "llama"] as const;
export type ShapeFamily = (typeof SHAPE_FAMILIES)[number];

export interface ModelShape {
  readonly family: ShapeFamily;
  readonly layers: number;
  readonly heads: number;
  /** Of the residual stream: a multiple of the heads. */
  readonly width: number;
  /** Tokens of the longest sequence. */
  readonly context: number;
  /** Tokens of the vocabulary. */
  readonly vocabulary: number;
}

/** Inner widths of the gated feed-forward layer are multiples of this, as Llama's are of 256. */
const INNER_MULTIPLE = 32;

/** @throws GptError `usage` for sizes that make no model */
export function checkShape({ family, heads, width }: ModelShape): void {
  if (width % heads !== 0) {
    throw new GptError("usage", `a width of ${width} for ${heads} heads: expected a multiple of ${heads}`);
  }
  if (family === "llama" && (width / heads) % 2 !== 0) {
    const found = `a width of ${width} for ${heads} heads`;
    throw new GptError("usage", `${found}: expected an even width of each head, which is rotated in pairs`);
  }
}

/**
 * A config.json as Hugging Face's transformers reads it. GPT-2 as it was published; Llama with a feed-forward layer of 8/3 of
 * the width (Touvron et al. 2023). The output head is the token embedding in both.
 *
 * @param endOfText id of the token that begins and ends texts
 */
export function configOfShape(shape: ModelShape, endOfText: number): JsonObject {
  const common = {
    bos_token_id: endOfText,
    eos_token_id: endOfText,
    initializer_range: 0.02,
    tie_word_embeddings: true,
    torch_dtype: "float32",
    vocab_size: shape.vocabulary,
  };
  return shape.family === "gpt2" ? { ...gpt2Config(shape), ...common } : { ...llamaConfig(shape), ...common };
}

const gpt2Config = ({ layers, heads, width, context }: ModelShape): JsonObject => ({
  architectures: ["GPT2LMHeadModel"],
  model_type: "gpt2",
  activation_function: "gelu_new",
  layer_norm_epsilon: 1e-5,
  n_embd: width,
  n_head: heads,
  n_layer: layers,
  n_positions: context,
});

const llamaConfig = ({ layers, heads, width, context }: ModelShape): JsonObject => ({
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  attention_bias: false,
  hidden_act: "silu",
  hidden_size: width,
  intermediate_size: INNER_MULTIPLE * Math.ceil((8 * width) / 3 / INNER_MULTIPLE),
  max_position_embeddings: context,
  mlp_bias: false,
  num_attention_heads: heads,
  num_hidden_layers: layers,
  num_key_value_heads: heads,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
});

/** The decoder that is built from a shape's config.json. */
export async function decoderOfShape(shape: ModelShape): Promise<DecoderConfig> {
  checkShape(shape);
  const { config } = await describeModel(configAlone("the new model", configOfShape(shape, 0)));
  return config;
}
