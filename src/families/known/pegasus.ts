/** Pegasus (Zhang et al. 2020): computed positions, and norms of the inputs of the sublayers. */
import { defineBart } from "../blocks/bart.ts";

export const pegasus = defineBart({
  name: "pegasus",
  className: "Pegasus",
  tokenizerClass: "PegasusTokenizer",
  normPlacement: "before",
  normsEmbedding: false,
  positions: "halves",
  headBias: true,
  startId: 0,
  padId: 0,
  activation: "gelu_erf",
  scaled: false,
  vocabSize: 50265,
});
