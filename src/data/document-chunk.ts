/** Parts of documents, between their readers and their writer. */

/** A document, or a chunk of a long one. */
export interface DocumentChunk {
  readonly parts: readonly Part[];
  /** Whether it is the first, or the last, of its document. */
  readonly starts: boolean;
  readonly ends: boolean;
}

/** Text that the tokenizer encodes by itself. */
export interface Part {
  readonly text: string;
  /** Whether a model learns to write it. A model only reads the other parts. */
  readonly learned: boolean;
  /** Whether the names of control tokens in it become control tokens. */
  readonly markup: boolean;
}
