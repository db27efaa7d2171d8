/** What an append gives: logits of its last ids, or scores of the ids that come after them. */

import { checkValue, idListRule } from "../checks/rules.ts";
import type { Ops } from "../compute/ops/ops.ts";
import { dimensions, type Tensor } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import { checkVocabulary } from "./whole-text.ts";

/** Collects rows of logits as passes compute them. */
export interface AppendOutput {
  /** Number of the last ids whose logits are wanted. */
  readonly rows: number;
  /** Gets the logits of the next rows, in order, [count, outputs], in scratch memory. */
  take(logits: Tensor, ops: Ops): void;
}

/** A copy of all logits, row-major [rows, outputs]. */
export class LogitRows implements AppendOutput {
  readonly rows: number;
  readonly #all: Float32Array;
  #filled = 0;

  constructor(rows: number, outputs: number) {
    this.rows = rows;
    this.#all = new Float32Array(rows * outputs);
  }

  take(logits: Tensor, ops: Ops): void {
    const values = ops.view(logits);
    this.#all.set(values, this.#filled);
    this.#filled += values.length;
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
  /** With the logits of another model. */
  readonly compared?: ComparedScores | undefined;
}

interface ComparedScores {
  /** What the other model says. */
  readonly other: NextScores;
  /** Kullback-Leibler divergence of this model's distribution from the other's, in nats. */
  readonly divergence: number;
}

/** Log-probabilities of some ids after each row. The logits stay where they are. */
export class ScoredRows implements AppendOutput {
  readonly rows: number;
  readonly #targets: readonly (readonly number[])[];
  /** Logits of another model, [rows, outputs], row-major. */
  readonly #others: Float32Array | undefined;
  readonly #scores: NextScores[] = [];

  constructor(targets: readonly (readonly number[])[], others?: Float32Array) {
    this.rows = targets.length;
    this.#targets = targets;
    this.#others = others;
  }

  take(logits: Tensor, ops: Ops): void {
    const done = this.#scores.length;
    const targets = this.#targets.slice(done);
    const scores = scoresOf(logits, ops, targets);
    if (this.#others === undefined) return void this.#scores.push(...scores);
    const [count, outputs] = dimensions(logits);
    const rows = this.#others.subarray(done * outputs, (done + count) * outputs);
    const others = ops.write(rows, count, outputs);
    const otherScores = scoresOf(others, ops, targets);
    const divergences = ops.read(ops.divergences(others, logits));
    for (const [i, score] of scores.entries()) {
      const compared = { other: otherScores[i] as NextScores, divergence: divergences[i] as number };
      this.#scores.push({ ...score, compared });
    }
  }

  /** @throws GptError `invalid-file` for logits of one of the models that are no numbers */
  get scores(): readonly NextScores[] {
    for (const { logprobs, compared } of this.#scores) {
      if (![...logprobs, ...(compared?.other.logprobs ?? [])].some(Number.isNaN)) continue;
      const problem = "a logit is no number: the model's weights are damaged or its numbers overflow";
      throw new GptError("invalid-file", problem);
    }
    return this.#scores;
  }
}

/** @param targets of the rows, and of others after them */
function scoresOf(logits: Tensor, ops: Ops, targets: readonly (readonly number[])[]): NextScores[] {
  const [count, outputs] = dimensions(logits);
  const sums = ops.view(ops.logSums(logits));
  const values = ops.view(logits);
  return targets.slice(0, count).map((ids, row) => {
    const [top, logSum] = sums.subarray(2 * row) as unknown as [number, number];
    const first = row * outputs;
    const largest = values[first + top] as number;
    return { top, logprobs: ids.map((id) => (values[first + id] as number) - largest - logSum) };
  });
}

/**
 * A copy of the targets.
 *
 * @throws GptError `usage` for more lists than `most`, for an id outside the vocabulary, and for `others` of
 *   another shape than [targets, vocabulary]
 */
export function checkTargets(
  targets: readonly (readonly number[])[],
  most: number,
  vocabSize: number,
  others: Float32Array | undefined,
): readonly (readonly number[])[] {
  checkValue("targets", targets, idListRule);
  const own = Array.from(targets, (list) => [...list]);
  for (const list of own) checkVocabulary(list, vocabSize);
  if (own.length > most) {
    throw new GptError("usage", `score: ${own.length} lists of targets after ${most} ids`);
  }
  if (others === undefined || others.length === own.length * vocabSize) return own;
  const expected = `expected ${own.length} x ${vocabSize} logits of the other model`;
  throw new GptError("usage", `score: ${expected}, found ${others.length}`);
}
