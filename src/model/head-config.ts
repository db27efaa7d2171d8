/** What a model gives for its last hidden states. */
import type { Activation } from "../compute/ops/ops.ts";
import type { NormConfig } from "./norm-config.ts";

/** Output of the model: logits of tokens, logits of classes, one number, or the last hidden states. */
export type HeadConfig = TokensHead | ClassesHead | { readonly kind: "value" } | { readonly kind: "none" };

export interface TokensHead {
  readonly kind: "tokens";
  /** The token embedding is its weight. */
  readonly tied: boolean;
  readonly bias: boolean;
  /** Before the output, in models that fill masks (BERT), and to the width of the embedding (OPT 350M). */
  readonly transform?: HeadTransform;
  /** Factor of the logits (Cohere, Granite). */
  readonly scale: number;
  /** Logits l become c tanh(l / c) (Gemma 2). */
  readonly softCap?: number;
}

export interface ClassesHead {
  readonly kind: "classes";
  /** Classes in the order of the outputs. */
  readonly labels: readonly string[];
  readonly bias: boolean;
  /** The hidden state that decides: of the last or the first token of a text, or the mean of all. */
  readonly pooling: "last" | "first" | "mean";
  /** Before the output (BERT's pooler). */
  readonly transform?: HeadTransform;
  /** Each class has a probability of its own (sigmoid), instead of a share of one (softmax). */
  readonly independent: boolean;
}

/** norm(activation(W x + b)), between the last hidden state and the output. */
export interface HeadTransform {
  /** Default: none. */
  readonly activation?: Activation;
  readonly bias: boolean;
  readonly norm?: NormConfig;
}
