/** mBART (Liu et al. 2020): a BART that norms the inputs of its sublayers. */
import { defineBart } from "../blocks/bart.ts";

export const mbart = defineBart({
  name: "mbart",
  className: "MBart",
  tokenizerClass: "MBartTokenizer",
  normPlacement: "before",
  normsEmbedding: true,
  positions: "learned",
  headBias: true,
  startId: 2,
  padId: 1,
  activation: "gelu_erf",
  scaled: false,
  vocabSize: 50265,
});
