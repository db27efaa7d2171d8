/** BART (Lewis et al. 2020): encoder and decoder norm the residual sums. */
import { defineBart } from "../blocks/bart.ts";

export const bart = defineBart({
  name: "bart",
  className: "Bart",
  tokenizerClass: "BartTokenizer",
  normPlacement: "sum",
  normsEmbedding: true,
  positions: "learned",
  headBias: true,
  startId: 2,
  padId: 1,
  activation: "gelu_erf",
  scaled: false,
  vocabSize: 50265,
});
