/** DistilBERT (Sanh et al. 2019): BERT without token types and pooler. */

import { BERT_DEFAULTS, BERT_KEYS, bertEncoder, firstToken } from "../blocks/bert.ts";
import { defineFamily } from "../family.ts";
import { key, positive } from "../keys.ts";

const { tokenTypes: _, nLayer, nHead, nEmbd, nInner, activation, ...KEYS } = BERT_KEYS;

export const distilbert = defineFamily({
  name: "distilbert",
  className: "DistilBert",
  languageModel: "ForMaskedLM",
  tokenizerClass: "DistilBertTokenizer",
  keys: {
    ...KEYS,
    nLayer: key({ ...nLayer, json: "n_layers" }),
    nHead: key({ ...nHead, json: "n_heads" }),
    nEmbd: key({ ...nEmbd, json: "dim" }),
    nInner: key({ ...nInner, json: "hidden_dim" }),
    activation: key({ ...activation, json: "activation" }),
    normEpsilon: key<number>({ kind: positive, of: () => undefined }),
  },
  aliases: { dim: "hidden_size", n_heads: "num_attention_heads", n_layers: "num_hidden_layers" },
  defaults: { ...BERT_DEFAULTS, nLayer: 6 },
  tensors: {
    prefix: "distilbert.",
    huggingFace: {
      token_embedding: ["embeddings.word_embeddings"],
      position_embedding: ["embeddings.position_embeddings"],
      embedding_norm: ["embeddings.LayerNorm"],
      "blocks.*.attention.qkv": [
        "transformer.layer.*.attention.q_lin",
        "transformer.layer.*.attention.k_lin",
        "transformer.layer.*.attention.v_lin",
      ],
      "blocks.*.attention.output": ["transformer.layer.*.attention.out_lin"],
      "blocks.*.attention_sum_norm": ["transformer.layer.*.sa_layer_norm"],
      "blocks.*.mlp.up": ["transformer.layer.*.ffn.lin1"],
      "blocks.*.mlp.down": ["transformer.layer.*.ffn.lin2"],
      "blocks.*.mlp_sum_norm": ["transformer.layer.*.output_layer_norm"],
      head_transform: ["vocab_transform"],
      head_norm: ["vocab_layer_norm"],
      head: ["vocab_projector"],
    },
    classes: { head_transform: ["pre_classifier"], head: ["classifier"] },
    gguf: {},
  },
  decoder: (values, stored) =>
    bertEncoder({ ...values, tokenTypes: 0 }, stored, {
      family: "distilbert",
      headActivation: values.activation,
    }),
  classes: () => firstToken("relu"),
});
