/** What a tokenizer is made of, for people. */

export interface TokenizerFacts {
  /** What its tokens are made of: bytes, or characters that may have bytes where the vocabulary lacks them. */
  readonly kind: "byte-level BPE" | "character BPE with byte fallback" | "character BPE";
  /** Pairs of tokens that merge. */
  readonly merges: number;
  /** The steps by their types in tokenizer.json, in order: `Split`, `ByteLevel`. */
  readonly normalizer: readonly string[];
  readonly preTokenizer: readonly string[];
}
