/** Facts about a tokenizer, for people. */

export interface TokenizerFacts {
  /**
   * Tokens are made of bytes, or of characters. Characters that the vocabulary lacks may fall back to bytes.
   */
  readonly kind:
    | "byte-level BPE"
    | "character BPE with byte fallback"
    | "character BPE"
    | "WordPiece"
    | "Unigram with byte fallback"
    | "Unigram";
  /** Pairs of tokens that merge: BPE alone has them. */
  readonly merges: number;
  /** The steps by their types in tokenizer.json, in order: `Split`, `ByteLevel`. */
  readonly normalizer: readonly string[];
  readonly preTokenizer: readonly string[];
}
