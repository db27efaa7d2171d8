/** Text <-> token ids, for every vocabulary format. */
export { tokenizerFromGguf } from "./gguf-vocabulary.ts";
export { loadTokenizer } from "./load.ts";
export type { DecodeOptions, EncodeOptions, StreamDecoder, Tokenizer } from "./tokenizer.ts";
