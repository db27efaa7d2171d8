/** The architecture whose random checkpoint is compared: GPT-2, in the field names of Hugging Face's config.json. */

/**
 * @typedef {object} Gpt2Shape
 * @property {number} n_layer
 * @property {number} n_head
 * @property {number} n_embd
 * @property {number} n_positions
 * @property {number} vocab_size
 */

/** The smallest GPT-2 that was published, "124M". @type {Readonly<Gpt2Shape>} */
export const gpt2Small = { n_layer: 12, n_head: 12, n_embd: 768, n_positions: 1024, vocab_size: 50257 };

export const layerNormEpsilon = 1e-5;

/** @param {Gpt2Shape} shape @returns the content of config.json */
export function gpt2Config(shape) {
  return {
    architectures: ["GPT2LMHeadModel"],
    model_type: "gpt2",
    ...shape,
    activation_function: "gelu_new",
    layer_norm_epsilon: layerNormEpsilon,
    tie_word_embeddings: true,
    bos_token_id: shape.vocab_size - 1,
    eos_token_id: shape.vocab_size - 1,
  };
}

/**
 * The tensors of openai-community/gpt2 by their names there. Its linear layers store [inputs, outputs]; the output
 * head is `wte.weight`.
 *
 * @typedef {{ name: string, shape: number[] }} TensorSpec
 * @param {Gpt2Shape} shape
 * @returns {TensorSpec[]}
 */
export function gpt2Tensors({ n_layer, n_embd, n_positions, vocab_size }) {
  /** @type {TensorSpec[]} */
  const tensors = [];
  const add = (/** @type {string} */ name, /** @type {number[]} */ ...shape) => tensors.push({ name, shape });
  const norm = (/** @type {string} */ name) => {
    add(`${name}.weight`, n_embd);
    add(`${name}.bias`, n_embd);
  };
  const linear = (
    /** @type {string} */ name,
    /** @type {number} */ inputs,
    /** @type {number} */ outputs,
  ) => {
    add(`${name}.weight`, inputs, outputs);
    add(`${name}.bias`, outputs);
  };

  add("wte.weight", vocab_size, n_embd);
  add("wpe.weight", n_positions, n_embd);
  for (let layer = 0; layer < n_layer; layer++) {
    norm(`h.${layer}.ln_1`);
    linear(`h.${layer}.attn.c_attn`, n_embd, 3 * n_embd);
    linear(`h.${layer}.attn.c_proj`, n_embd, n_embd);
    norm(`h.${layer}.ln_2`);
    linear(`h.${layer}.mlp.c_fc`, n_embd, 4 * n_embd);
    linear(`h.${layer}.mlp.c_proj`, 4 * n_embd, n_embd);
  }
  norm("ln_f");
  return tensors;
}

/** Elements of a tensor. */
export const sizeOf = (/** @type {readonly number[]} */ shape) =>
  shape.reduce((product, n) => product * n, 1);

/** Types of weights, by llama.cpp's names, and the bytes of a number; blocks of 32 share a scale of two bytes. */
const bytesPerNumber = { f32: 4, q8_0: 34 / 32, q4_0: 18 / 32 };
/** @typedef {keyof typeof bytesPerNumber} WeightType */
export const weightTypes = /** @type {WeightType[]} */ (Object.keys(bytesPerNumber));

/**
 * Bytes of the weights whose matrices are of a type; vectors and the table of positions stay F32.
 *
 * @param {Gpt2Shape} shape
 * @param {WeightType} type
 */
export const weightBytes = (shape, type) =>
  gpt2Tensors(shape).reduce((sum, { name, shape }) => {
    const isMatrix = shape.length === 2 && name !== "wpe.weight";
    return sum + sizeOf(shape) * bytesPerNumber[isMatrix ? type : "f32"];
  }, 0);
