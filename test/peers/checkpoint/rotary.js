/** Small checkpoints of the families with rotary positions, random, in the names of Hugging Face's transformers. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { weightsFile, writeVocabulary } from "./generate.js";
import { normalNumbers } from "./normal.js";
import { writeSafetensors } from "./safetensors.js";

/** Heads that share keys and values, as the models of today have them. */
const config = {
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
  max_position_embeddings: 64,
  vocab_size: 400,
  tie_word_embeddings: false,
  hidden_act: "silu",
  bos_token_id: 399,
  eos_token_id: 399,
};

/** @typedef {"llama" | "qwen2"} RotaryFamily */

/** @type {Record<RotaryFamily, object>} */
const families = {
  llama: { model_type: "llama", architectures: ["LlamaForCausalLM"] },
  qwen2: { model_type: "qwen2", architectures: ["Qwen2ForCausalLM"] },
};

/** @param {string} directory @param {RotaryFamily} family @param {number} seed */
export function writeRotaryCheckpoint(directory, family, seed) {
  mkdirSync(directory, { recursive: true });
  const normal = normalNumbers(seed);
  writeSafetensors(join(directory, weightsFile), tensors(family), (name, out) =>
    normal(out, name.includes("norm") ? 1 : 0, 0.1),
  );
  writeVocabulary(directory, config.vocab_size);
  writeFileSync(join(directory, "config.json"), JSON.stringify({ ...families[family], ...config }));
}

/** @param {RotaryFamily} family @returns {import("./gpt2.js").TensorSpec[]} */
function tensors(family) {
  const { hidden_size: C, intermediate_size: F, vocab_size: V, num_hidden_layers } = config;
  const keyValueWidth = (C / config.num_attention_heads) * config.num_key_value_heads;
  const widths = { q_proj: C, k_proj: keyValueWidth, v_proj: keyValueWidth };
  const layers = Array.from({ length: num_hidden_layers }, (_, layer) => {
    const spec = (/** @type {string} */ name, /** @type {number[]} */ ...shape) => ({
      name: `model.layers.${layer}.${name}`,
      shape,
    });
    return [
      spec("input_layernorm.weight", C),
      ...Object.entries(widths).map(([name, width]) => spec(`self_attn.${name}.weight`, width, C)),
      ...Object.entries(family === "qwen2" ? widths : {}).map(([name, width]) =>
        spec(`self_attn.${name}.bias`, width),
      ),
      spec("self_attn.o_proj.weight", C, C),
      spec("post_attention_layernorm.weight", C),
      spec("mlp.gate_proj.weight", F, C),
      spec("mlp.up_proj.weight", F, C),
      spec("mlp.down_proj.weight", C, F),
    ];
  });
  return [
    { name: "model.embed_tokens.weight", shape: [V, C] },
    ...layers.flat(),
    { name: "model.norm.weight", shape: [C] },
    { name: "lm_head.weight", shape: [V, C] },
  ];
}
