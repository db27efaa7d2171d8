/** Text <-> token ids, for every vocabulary format. */

export { type AppliedMerge, type ExplainedPiece, type Explanation, idsOf } from "./explanation.ts";
export type { TokenizerFacts } from "./facts.ts";
export { tokenizerFromGguf } from "./formats/gguf/reader.ts";
export { loadTokenizer, type ModelVocabulary, tokenizerOf } from "./formats/load.ts";
export { SPECIAL_TOKEN_ROLES, specialTokenTexts } from "./formats/tokenizer-config.ts";
export { tokenizerFiles } from "./formats/tokenizer-files.ts";
export type { EncoderInputOptions, PipelineTokenizer } from "./pipeline-tokenizer.ts";
export type { EncoderInput } from "./template.ts";
export type { DecodeOptions, EncodeOptions, StreamDecoder, Tokenizer } from "./tokenizer.ts";
