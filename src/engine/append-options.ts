/** Options of appends. */
import { flag, type Rule, signalRule } from "../checks/rules.ts";

export interface AppendOptions {
  /** Return the logits after every id, not only after the last. Default false. */
  readonly every?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export const rules: Readonly<Record<keyof AppendOptions, Rule>> = { every: flag, signal: signalRule };

export interface ScoreOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Logits of another model with the same vocabulary after each row that has targets, row-major
   * [targets, vocabulary], to be compared. Default none.
   */
  readonly others?: Float32Array | undefined;
}

export const scoreRules: Readonly<Record<keyof ScoreOptions, Rule>> = {
  signal: signalRule,
  others: { expected: "a Float32Array", holds: (value) => value instanceof Float32Array },
};
