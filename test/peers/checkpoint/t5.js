/** T5 (Raffel et al. 2019) as a checkpoint of random weights, in the field names of Hugging Face's config.json. */

/**
 * @typedef {object} T5Shape
 * @property {number} num_layers
 * @property {number} num_decoder_layers
 * @property {number} num_heads
 * @property {number} d_model
 * @property {number} d_kv
 * @property {number} d_ff
 * @property {number} vocab_size
 * @property {number} relative_attention_num_buckets
 * @property {number} relative_attention_max_distance
 */

/** t5-small, but for its head. @type {Readonly<T5Shape>} */
export const t5Small = {
  num_layers: 6,
  num_decoder_layers: 6,
  num_heads: 8,
  d_model: 512,
  d_kv: 64,
  d_ff: 2048,
  vocab_size: 32128,
  relative_attention_num_buckets: 32,
  relative_attention_max_distance: 128,
};

export const t5Epsilon = 1e-6;
/** The decoder begins with the padding token. */
export const t5Start = 0;

/**
 * The head has weights of its own, as in T5 1.1: random weights that are tied write one id again and again.
 *
 * @param {T5Shape} shape
 * @returns the content of config.json
 */
export const t5Config = (shape) => ({
  architectures: ["T5ForConditionalGeneration"],
  model_type: "t5",
  ...shape,
  feed_forward_proj: "relu",
  is_encoder_decoder: true,
  layer_norm_epsilon: t5Epsilon,
  tie_word_embeddings: false,
  decoder_start_token_id: t5Start,
  pad_token_id: 0,
  eos_token_id: 1,
});

/**
 * The tensors by their names in transformers. Linear layers store [outputs, inputs] and have no bias.
 *
 * @param {T5Shape} shape
 * @returns {import("./gpt2.js").TensorSpec[]}
 */
export function t5Tensors(shape) {
  const { d_model, d_ff, num_heads, d_kv, relative_attention_num_buckets: buckets } = shape;
  const inner = num_heads * d_kv;
  const attention = (/** @type {string} */ name) => [
    ...["q", "k", "v"].map((part) => ({ name: `${name}.${part}.weight`, shape: [inner, d_model] })),
    { name: `${name}.o.weight`, shape: [d_model, inner] },
  ];
  const norm = (/** @type {string} */ name) => ({ name: `${name}.weight`, shape: [d_model] });
  const side = (/** @type {"encoder" | "decoder"} */ side, /** @type {number} */ layers) => [
    ...Array.from({ length: layers }, (_, i) => {
      const at = (/** @type {string} */ name) => `${side}.block.${i}.layer.${name}`;
      const last = side === "encoder" ? 1 : 2;
      return [
        ...attention(at("0.SelfAttention")),
        norm(at("0.layer_norm")),
        ...(side === "decoder" ? [...attention(at("1.EncDecAttention")), norm(at("1.layer_norm"))] : []),
        { name: at(`${last}.DenseReluDense.wi.weight`), shape: [d_ff, d_model] },
        { name: at(`${last}.DenseReluDense.wo.weight`), shape: [d_model, d_ff] },
        norm(at(`${last}.layer_norm`)),
      ];
    }).flat(),
    { name: biasTable(side), shape: [buckets, num_heads] },
    norm(`${side}.final_layer_norm`),
  ];
  return [
    { name: "shared.weight", shape: [shape.vocab_size, d_model] },
    { name: "lm_head.weight", shape: [shape.vocab_size, d_model] },
    ...side("encoder", shape.num_layers),
    ...side("decoder", shape.num_decoder_layers),
  ];
}

/** What attention adds to its scores, by distance. @param {"encoder" | "decoder"} side */
export const biasTable = (side) => `${side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`;

/**
 * The bucket of a key's distance from its query: the half of the buckets with the least distances has one each, the
 * others grow with the logarithm.
 *
 * @param {T5Shape} shape
 * @param {number} distance  of the key after the query
 * @param {boolean} isBidirectional  half of the buckets are for keys after the query
 */
export function bucketOf(shape, distance, isBidirectional) {
  const { relative_attention_num_buckets, relative_attention_max_distance: most } = shape;
  const buckets = isBidirectional ? relative_attention_num_buckets / 2 : relative_attention_num_buckets;
  const first = isBidirectional && distance > 0 ? buckets : 0;
  const away = isBidirectional ? Math.abs(distance) : Math.max(0, -distance);
  const exact = buckets / 2;
  if (away < exact) return first + away;
  const steps = Math.trunc((Math.log(away / exact) / Math.log(most / exact)) * (buckets - exact));
  return first + Math.min(buckets - 1, exact + steps);
}
