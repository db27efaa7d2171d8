/** What follows the hidden states in a model of embeddings: the modules of sentence-transformers. */

/** Poolings by the names of sentence-transformers. */
export const POOLINGS = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"] as const;
export type Pooling = (typeof POOLINGS)[number];

export interface EmbeddingModules {
  readonly poolings: readonly Pooling[];
  /** Dense layers behind the pooling, by their directories. */
  readonly dense: readonly DenseModule[];
  readonly normalize: boolean;
  /** Texts that are put before the input, by name. */
  readonly prompts: ReadonlyMap<string, string>;
  readonly defaultPrompt: string | undefined;
  /** Tokens of the longest input, special tokens included. */
  readonly maxTokens: number | undefined;
  /** White space at the ends of a text is left out, as the library does it. */
  readonly trims: boolean;
  readonly lowerCases: boolean;
}

export interface DenseModule {
  readonly directory: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly bias: boolean;
  readonly activation: "tanh" | "none";
}

/** A model without these files. The library takes the mean; a decoder's last token alone has read all. */
export const bare = (isEncoder: boolean): EmbeddingModules => ({
  poolings: [isEncoder ? "mean" : "lasttoken"],
  dense: [],
  normalize: false,
  prompts: new Map(),
  defaultPrompt: undefined,
  maxTokens: undefined,
  trims: false,
  lowerCases: false,
});
