/**
 * Edits of logits before a token is chosen: bias, forbidden repetition, penalties. An edit works in place.
 * The history is the ids of the prompt and the generated ids, oldest first.
 */
import type { GenerateOptions } from "../options/options.ts";

/** The model's logits, or in beam search log-probabilities. */
type Logits = Float32Array | Float64Array;

export type LogitEdit = (logits: Logits, history: readonly number[]) => void;

/** Adds to the logits of some ids; -Infinity bans an id. */
export const addBias =
  (bias: ReadonlyMap<number, number>): LogitEdit =>
  (logits) => {
    for (const [id, value] of bias) add(logits, id, value);
  };

/** Bans every token that would complete an n-gram that the history has already (Paulus et al. 2017). */
export const forbidRepeatedNgrams =
  (size: number): LogitEdit =>
  (logits, history) => {
    const start = history.length - size + 1;
    for (let at = 0; at < start; at++) {
      let same = 0;
      while (same < size - 1 && history[at + same] === history[start + same]) same++;
      if (same === size - 1) logits[history[at + same] as number] = -Infinity;
    }
  };

export type Penalties = Required<
  Pick<GenerateOptions, "repeatPenalty" | "repeatLastN" | "presencePenalty" | "frequencyPenalty">
>;

/**
 * For each token among the last `repeatLastN` (-1: all): its logit is divided by `repeatPenalty` if it is
 * above 0, else multiplied by it (Keskar et al. 2019, "CTRL"); then `presencePenalty` is subtracted once, and
 * `frequencyPenalty` once for each occurrence.
 */
export const penalize =
  ({ repeatPenalty, repeatLastN, presencePenalty, frequencyPenalty }: Penalties): LogitEdit =>
  (logits, history) => {
    const recent = repeatLastN < 0 ? history : history.slice(Math.max(0, history.length - repeatLastN));
    const counts = new Map<number, number>();
    for (const id of recent) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const [id, count] of counts) {
      const logit = logits[id] as number;
      logits[id] = logit > 0 ? logit / repeatPenalty : logit * repeatPenalty;
      add(logits, id, -(presencePenalty + frequencyPenalty * count));
    }
  };

function add(logits: Logits, id: number, value: number): void {
  logits[id] = (logits[id] as number) + value;
}
