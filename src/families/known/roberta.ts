/**
 * RoBERTa (Liu et al. 2019), XLM-RoBERTa (Conneau et al. 2019) and CamemBERT (Martin et al. 2019). Their
 * positions count from the row behind the one of padding.
 */

import { BERT_DEFAULTS, BERT_KEYS, BERT_NAMES, bertEncoder, firstToken } from "../blocks/bert.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import type { StoredConfig } from "../stored-config.ts";

/** Rows of the table of positions up to that of padding. */
const skippedRows = ({ fields }: StoredConfig): number =>
  1 + fields.count("pad_token_id", LIMITS.vocabulary, 1, 0);

const robertaKin = (name: string, className: string, tokenizerClass: string) =>
  defineFamily({
    name,
    className,
    languageModel: "ForMaskedLM",
    tokenizerClass,
    keys: BERT_KEYS,
    defaults: { ...BERT_DEFAULTS, vocabSize: 50265 },
    tensors: {
      prefix: "roberta.",
      huggingFace: {
        ...BERT_NAMES,
        head_transform: ["lm_head.dense"],
        head_norm: ["lm_head.layer_norm"],
        head: [{ module: "lm_head.decoder", bias: "lm_head" }],
      },
      classes: { head_transform: ["classifier.dense"], head: ["classifier.out_proj"] },
      gguf: {},
      skippedPositions: skippedRows,
    },
    decoder(values, stored) {
      const nPositions = values.nPositions - skippedRows(stored);
      if (nPositions < 1) throw stored.wrong("nPositions", "expected more positions than rows of padding");
      return bertEncoder({ ...values, nPositions }, stored, { family: name, headActivation: "gelu_erf" });
    },
    classes: () => firstToken("tanh"),
  });

export const roberta = robertaKin("roberta", "Roberta", "RobertaTokenizer");
export const xlmRoberta = robertaKin("xlm-roberta", "XLMRoberta", "XLMRobertaTokenizer");
export const camembert = robertaKin("camembert", "Camembert", "CamembertTokenizer");
