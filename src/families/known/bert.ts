/** BERT (Devlin et al. 2018). */

import { BERT_DEFAULTS, BERT_KEYS, BERT_NAMES, bertEncoder, firstToken } from "../blocks/bert.ts";
import { defineFamily } from "../family.ts";
import { flag, key } from "../keys.ts";

export const bert = defineFamily({
  name: "bert",
  className: "Bert",
  languageModel: "ForMaskedLM",
  tokenizerClass: "BertTokenizer",
  architecture: "bert",
  keys: {
    ...BERT_KEYS,
    /** llama.cpp asks for it: without the key attention is causal. */
    causal: key<boolean>({ gguf: "attention.causal", kind: flag, of: () => false }),
  },
  defaults: { ...BERT_DEFAULTS, causal: false },
  tensors: {
    prefix: "bert.",
    huggingFace: {
      ...BERT_NAMES,
      head_transform: ["cls.predictions.transform.dense"],
      head_norm: ["cls.predictions.transform.LayerNorm"],
      head: [{ module: "cls.predictions.decoder", bias: "cls.predictions" }],
    },
    classes: { head_transform: ["bert.pooler.dense"], head: ["classifier"] },
    gguf: {
      token_embedding: ["token_embd"],
      position_embedding: ["position_embd"],
      type_embedding: ["token_types"],
      embedding_norm: ["token_embd_norm"],
      "blocks.*.attention.qkv": ["blk.*.attn_q", "blk.*.attn_k", "blk.*.attn_v"],
      "blocks.*.attention.output": ["blk.*.attn_output"],
      "blocks.*.attention_sum_norm": ["blk.*.attn_output_norm"],
      "blocks.*.mlp.up": ["blk.*.ffn_up"],
      "blocks.*.mlp.down": ["blk.*.ffn_down"],
      "blocks.*.mlp_sum_norm": ["blk.*.layer_output_norm"],
    },
  },
  decoder(values, stored) {
    if (values.causal) throw stored.wrong("causal", "but only encoders of this family are supported");
    return bertEncoder(values, stored, { family: "bert", headActivation: values.activation });
  },
  classes: () => firstToken("tanh"),
  ggufLacks(config) {
    return config.head.kind === "tokens" ? "a head that fills masks" : undefined;
  },
});
