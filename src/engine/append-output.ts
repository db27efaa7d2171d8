/** What an append gives: logits of its last ids, or scores of the ids that come after them. */

import { checkValue, idListRule } from "../checks/rules.ts";
import { GptError } from "../errors.ts";
import { checkVocabulary } from "./whole-text.ts";

/** Collects rows of logits as passes compute them. */
export interface AppendOutput {
  /** Number of the last ids whose logits are wanted. */
  readonly rows: number;
  /** Whether `take` needs the sums of the rows (Ops.logSums). */
  readonly needsSums: boolean;
  /** Gets the next rows, in order: [count, outputs] and [count, 2]. They are overwritten after the call. */
  take(logits: Float32Array, sums: Float32Array): void;
}

/** A copy of all logits, row-major [rows, outputs]. */
export class LogitRows implements AppendOutput {
  readonly needsSums = false;
  readonly rows: number;
  readonly #all: Float32Array;
  #filled = 0;

  constructor(rows: number, outputs: number) {
    this.rows = rows;
    this.#all = new Float32Array(rows * outputs);
  }

  take(logits: Float32Array): void {
    this.#all.set(logits, this.#filled);
    this.#filled += logits.length;
  }

  get logits(): Float32Array {
    return this.#all;
  }
}

/** What a model says of the id that comes next. */
export interface NextScores {
  /** The likeliest id, the lower one of equals. */
  readonly top: number;
  /** Natural logarithms of the probabilities of the ids that were asked for. */
  readonly logprobs: readonly number[];
}

/** Log-probabilities of some ids after each row. The logits stay where they are. */
export class ScoredRows implements AppendOutput {
  readonly needsSums = true;
  readonly rows: number;
  readonly #targets: readonly (readonly number[])[];
  readonly #scores: NextScores[] = [];

  constructor(targets: readonly (readonly number[])[]) {
    this.rows = targets.length;
    this.#targets = targets;
  }

  take(logits: Float32Array, sums: Float32Array): void {
    const count = sums.length / 2;
    const outputs = logits.length / count;
    for (let row = 0; row < count; row++) {
      const [top, logSum] = sums.subarray(2 * row) as unknown as [number, number];
      const first = row * outputs;
      const largest = logits[first + top] as number;
      const targets = this.#targets[this.#scores.length] ?? [];
      const logprobs = targets.map((id) => (logits[first + id] as number) - largest - logSum);
      this.#scores.push({ top, logprobs });
    }
  }

  /** @throws GptError `invalid-file` for logits that are no numbers */
  get scores(): readonly NextScores[] {
    if (!this.#scores.some(({ logprobs }) => logprobs.some(Number.isNaN))) return this.#scores;
    const problem = "a logit is no number: the model's weights are damaged or its numbers overflow";
    throw new GptError("invalid-file", problem);
  }
}

/**
 * A copy of the targets.
 *
 * @throws GptError `usage` for more lists than `most`, and for an id outside the vocabulary
 */
export function checkTargets(
  targets: readonly (readonly number[])[],
  most: number,
  vocabSize: number,
): readonly (readonly number[])[] {
  checkValue("targets", targets, idListRule);
  const own = Array.from(targets, (list) => [...list]);
  for (const list of own) checkVocabulary(list, vocabSize);
  if (own.length <= most) return own;
  throw new GptError("usage", `score: ${own.length} lists of targets after ${most} ids`);
}
