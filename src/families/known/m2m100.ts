/** M2M100 (Fan et al. 2021) and NLLB (NLLB Team 2022). */
import { defineBart } from "../blocks/bart.ts";

export const m2m100 = defineBart({
  name: "m2m_100",
  className: "M2M100",
  tokenizerClass: "NllbTokenizer",
  normPlacement: "before",
  normsEmbedding: false,
  positions: "halves from 2",
  headBias: false,
  startId: 2,
  padId: 1,
  activation: "relu",
  scaled: true,
  vocabSize: 128112,
});
