/** Marian (Junczys-Dowmunt et al. 2018), as OPUS-MT trained it: computed positions, no norm of the embedding. */
import { defineBart } from "../blocks/bart.ts";

export const marian = defineBart({
  name: "marian",
  className: "Marian",
  tokenizerClass: "MarianTokenizer",
  normPlacement: "sum",
  normsEmbedding: false,
  positions: "halves",
  headBias: true,
  startId: 58100,
  padId: 58100,
  activation: "gelu_erf",
  scaled: false,
  vocabSize: 58101,
});
