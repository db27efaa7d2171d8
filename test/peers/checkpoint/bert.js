/** BERT (Devlin et al. 2018) as a checkpoint of random weights, in the field names of Hugging Face's config.json. */

/**
 * @typedef {object} BertShape
 * @property {number} num_hidden_layers
 * @property {number} num_attention_heads
 * @property {number} hidden_size
 * @property {number} intermediate_size
 * @property {number} max_position_embeddings
 * @property {number} type_vocab_size
 * @property {number} vocab_size
 */

/** BERT-base, uncased. @type {Readonly<BertShape>} */
export const bertBase = {
  num_hidden_layers: 12,
  num_attention_heads: 12,
  hidden_size: 768,
  intermediate_size: 3072,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  vocab_size: 30522,
};

export const bertEpsilon = 1e-12;

/** @param {BertShape} shape @returns the content of config.json */
export const bertConfig = (shape) => ({
  architectures: ["BertModel"],
  model_type: "bert",
  ...shape,
  hidden_act: "gelu",
  layer_norm_eps: bertEpsilon,
  pad_token_id: 0,
});

/**
 * The tensors of BertModel without its pooler. Linear layers store [outputs, inputs].
 *
 * @param {BertShape} shape
 * @returns {import("./gpt2.js").TensorSpec[]}
 */
export function bertTensors(shape) {
  const { hidden_size: width, intermediate_size: inner } = shape;
  const norm = (/** @type {string} */ name) => [
    { name: `${name}.weight`, shape: [width] },
    { name: `${name}.bias`, shape: [width] },
  ];
  const linear = (
    /** @type {string} */ name,
    /** @type {number} */ inputs,
    /** @type {number} */ outputs,
  ) => [
    { name: `${name}.weight`, shape: [outputs, inputs] },
    { name: `${name}.bias`, shape: [outputs] },
  ];
  const layers = Array.from({ length: shape.num_hidden_layers }, (_, i) => {
    const at = (/** @type {string} */ name) => `encoder.layer.${i}.${name}`;
    return [
      ...linear(at("attention.self.query"), width, width),
      ...linear(at("attention.self.key"), width, width),
      ...linear(at("attention.self.value"), width, width),
      ...linear(at("attention.output.dense"), width, width),
      ...norm(at("attention.output.LayerNorm")),
      ...linear(at("intermediate.dense"), width, inner),
      ...linear(at("output.dense"), inner, width),
      ...norm(at("output.LayerNorm")),
    ];
  });
  return [
    { name: "embeddings.word_embeddings.weight", shape: [shape.vocab_size, width] },
    { name: "embeddings.position_embeddings.weight", shape: [shape.max_position_embeddings, width] },
    { name: "embeddings.token_type_embeddings.weight", shape: [shape.type_vocab_size, width] },
    ...norm("embeddings.LayerNorm"),
    ...layers.flat(),
  ];
}

/** Ids of bert-base-uncased. */
const special = { "[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103 };

/** vocab.txt: a line a token. Words that are no special tokens are `w1`, `w2` ... by their ids. @param {number} size */
export function bertVocabulary(size) {
  const words = Array.from({ length: size }, (_, id) => `w${id}`);
  for (const [token, id] of Object.entries(special)) words[id] = token;
  return `${words.join("\n")}\n`;
}

/**
 * A text whose ids are `[CLS]`, then words, then `[SEP]`.
 *
 * @param {number} tokens  with both of them
 * @param {number} size  of the vocabulary
 */
export function bertText(tokens, size) {
  const first = special["[MASK]"] + 1;
  const words = Array.from({ length: tokens - 2 }, (_, i) => first + ((i * 7919) % (size - first)));
  return {
    text: words.map((id) => `w${id}`).join(" "),
    ids: [special["[CLS]"], ...words, special["[SEP]"]],
  };
}
