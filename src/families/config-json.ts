/** A decoder as config.json says it, in the words of transformers: the mirror of gpt2.ts, llama.ts and qwen.ts. */
import type { Activation } from "../compute/ops/ops.ts";
import type { JsonObject } from "../files/json.ts";
import type { RopeScaling } from "../model/config.ts";
import type { ModelDescription } from "./family.ts";
import { type UniformDecoder, uniformShape } from "./uniform.ts";

const ARCHITECTURES: Readonly<Record<string, string>> = {
  "openai-gpt": "OpenAIGPTLMHeadModel",
  gpt2: "GPT2LMHeadModel",
  llama: "LlamaForCausalLM",
  qwen2: "Qwen2ForCausalLM",
  qwen3: "Qwen3ForCausalLM",
};

const ACTIVATION_NAMES: Readonly<Record<Activation, string>> = {
  gelu_tanh: "gelu_new",
  gelu_erf: "gelu",
  silu: "silu",
};

/** What the words do not cover is left out: read it back, and compare, where any decoder may come. */
export function configJson({
  config,
  bosId,
  endOfTextIds,
}: Pick<ModelDescription, "config" | "bosId" | "endOfTextIds">): JsonObject {
  const shape = uniformShape(config);
  const { family, vocabSize, tiedHead, norm } = shape;
  const [end, ...moreEnds] = endOfTextIds;
  return {
    architectures: [ARCHITECTURES[family] ?? family],
    model_type: family,
    ...(norm === "layernorm" ? gptJson(shape) : llamaJson(shape)),
    vocab_size: vocabSize,
    tie_word_embeddings: tiedHead,
    torch_dtype: "float32",
    ...(bosId !== undefined && { bos_token_id: bosId }),
    ...(end !== undefined && { eos_token_id: moreEnds.length > 0 ? [...endOfTextIds] : end }),
  };
}

const gptJson = (config: UniformDecoder): JsonObject => ({
  activation_function: ACTIVATION_NAMES[config.activation],
  layer_norm_epsilon: config.normEpsilon,
  n_embd: config.nEmbd,
  n_head: config.nHead,
  n_inner: config.nInner,
  n_layer: config.nLayer,
  n_positions: config.nPositions,
});

const llamaJson = (config: UniformDecoder): JsonObject => ({
  attention_bias: config.attentionOutputBias,
  head_dim: config.headDim,
  hidden_act: ACTIVATION_NAMES[config.activation],
  hidden_size: config.nEmbd,
  intermediate_size: config.nInner,
  max_position_embeddings: config.nPositions,
  mlp_bias: config.mlpBias,
  num_attention_heads: config.nHead,
  num_hidden_layers: config.nLayer,
  num_key_value_heads: config.nKvHead,
  rms_norm_eps: config.normEpsilon,
  ...ropeJson(config),
});

const ropeJson = ({ position }: UniformDecoder): JsonObject =>
  position.kind === "rotary"
    ? { rope_theta: position.theta, rope_scaling: scalingJson(position.scaling) }
    : {};

function scalingJson(scaling: RopeScaling): JsonObject | null {
  switch (scaling.kind) {
    case "linear":
      return { rope_type: "linear", factor: scaling.factor };
    case "llama3":
      return {
        rope_type: "llama3",
        factor: scaling.factor,
        low_freq_factor: scaling.lowFreqFactor,
        high_freq_factor: scaling.highFreqFactor,
        original_max_position_embeddings: scaling.originalPositions,
      };
    default:
      return null;
  }
}
