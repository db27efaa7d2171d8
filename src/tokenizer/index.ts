/** Text <-> token ids, for every vocabulary format. */
export type { BpeTokenizer } from "./bpe-tokenizer.ts";
export { type AppliedMerge, type ExplainedPiece, type Explanation, idsOf } from "./explanation.ts";
export type { TokenizerFacts } from "./facts.ts";
export { tokenizerFromGguf } from "./gguf-vocabulary.ts";
export { loadTokenizer, tokenizerOf } from "./load.ts";
export type { DecodeOptions, EncodeOptions, StreamDecoder, Tokenizer } from "./tokenizer.ts";
export { tokenizerFiles } from "./tokenizer-files.ts";
