/** What a caller may ask of generation, with the field's names and the documented defaults. */

export interface GenerateOptions {
  /** At most this many new tokens. Default 128; 0 is allowed. */
  readonly maxTokens?: number;
  /** 0 is greedy: the likeliest token, the lowest id among equals. Default 0.8. */
  readonly temperature?: number;
  /** Keep the k likeliest tokens; 0 keeps all. Default 40. */
  readonly topK?: number;
  /** Nucleus sampling (Holtzman et al. 2019), in (0, 1]; 1 keeps all. Default 0.95. */
  readonly topP?: number;
  /** Keep tokens at least this likely relative to the likeliest, in [0, 1]; 0 keeps all. Default 0.05. */
  readonly minP?: number;
  /** Locally typical sampling (Meister et al. 2022), in (0, 1]; 1 keeps all. Default 1. */
  readonly typicalP?: number;
  /** Divides (or, below zero, multiplies) the logits of recent tokens (CTRL, Keskar et al. 2019). Default 1. */
  readonly repeatPenalty?: number;
  /** How many last tokens the three penalties look at; 0: none, -1: all. Default 64. */
  readonly repeatLastN?: number;
  /** Subtracted once from the logit of every recent token. Default 0. */
  readonly presencePenalty?: number;
  /** Subtracted from the logit of every recent token for each time it occurred. Default 0. */
  readonly frequencyPenalty?: number;
  /** No n-gram of this size occurs twice (prompt included); 0: off. Default 0. */
  readonly noRepeatNgramSize?: number;
  /** Added to the logit of an id; -Infinity bans it. */
  readonly logitBias?: ReadonlyMap<number, number>;
  /** Texts that never appear in what is generated. */
  readonly ban?: readonly string[];
  /** Texts that end the generation and are left out of it. */
  readonly stop?: readonly string[];
  /** Unsigned 32-bit integer. Default: random. */
  readonly seed?: number;
  /** Ends generation with "interrupted", keeping what there is. */
  readonly signal?: AbortSignal;
}

export type FinishReason =
  /** A stop text was generated. */
  | "stop"
  /** maxTokens were generated. */
  | "length"
  /** The model ended the text. */
  | "eos"
  /** The context is full. */
  | "context"
  /** The signal was aborted. */
  | "interrupted";

export interface GeneratedToken {
  readonly id: number;
  /** What it adds to the text. A character that several tokens share comes with the last of them. */
  readonly text: string;
}
