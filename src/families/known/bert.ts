/** BERT (Devlin et al. 2018). */
import { defineFamily } from "../family.ts";
import { BERT_DEFAULTS, BERT_KEYS, BERT_NAMES, bertEncoder, firstToken } from "./bert-block.ts";

export const bert = defineFamily({
  name: "bert",
  className: "Bert",
  languageModel: "ForMaskedLM",
  tokenizerClass: "BertTokenizer",
  keys: BERT_KEYS,
  defaults: BERT_DEFAULTS,
  tensors: {
    prefix: "bert.",
    huggingFace: {
      ...BERT_NAMES,
      head_transform: ["cls.predictions.transform.dense"],
      head_norm: ["cls.predictions.transform.LayerNorm"],
      head: [{ module: "cls.predictions.decoder", bias: "cls.predictions" }],
    },
    classes: { head_transform: ["bert.pooler.dense"], head: ["classifier"] },
    gguf: {},
  },
  decoder: (values, stored) =>
    bertEncoder(values, stored, { family: "bert", headActivation: values.activation }),
  classes: () => firstToken("tanh"),
});
