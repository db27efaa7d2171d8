/** Options of appends. */
import { flag, type Rule, signalRule } from "../checks/rules.ts";

export interface AppendOptions {
  /** Return the logits after every id, not only after the last. Default false. */
  readonly every?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export const rules: Readonly<Record<keyof AppendOptions, Rule>> = { every: flag, signal: signalRule };
