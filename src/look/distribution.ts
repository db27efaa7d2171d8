/** What the logits of the next id say. Logarithms are natural. */
import { exp, log } from "../generate/sampling/exp.ts";

/** A distribution over the vocabulary. */
export class Distribution {
  readonly logits: Float32Array;
  /** Logarithm of the sum of the exponentials. */
  readonly #norm: number;

  constructor(logits: Float32Array) {
    this.logits = logits;
    let most = Number.NEGATIVE_INFINITY;
    for (const logit of logits) if (logit > most) most = logit;
    let sum = 0;
    for (const logit of logits) sum += exp(logit - most);
    this.#norm = most + log(sum);
  }

  logProbability(id: number): number {
    return (this.logits[id] ?? Number.NaN) - this.#norm;
  }

  probability(id: number): number {
    return exp(this.logProbability(id));
  }

  /** 1 for the likeliest id. */
  rank(id: number): number {
    const own = this.logits[id] ?? Number.NaN;
    let rank = 1;
    for (const logit of this.logits) if (logit > own) rank++;
    return rank;
  }

  /** -sum p ln p, in nats. */
  entropy(): number {
    let sum = 0;
    for (const logit of this.logits) {
      const logProbability = logit - this.#norm;
      sum -= exp(logProbability) * logProbability;
    }
    return sum;
  }

  /** KL(this || other) = sum p (ln p - ln q), in nats. */
  divergence(other: Distribution): number {
    let sum = 0;
    for (const [id, logit] of this.logits.entries()) {
      const logProbability = logit - this.#norm;
      sum += exp(logProbability) * (logProbability - other.logProbability(id));
    }
    return sum;
  }

  /** The likeliest ids, the lower one of equals first. */
  top(count: number): number[] {
    return topOf(this.logits, count);
  }
}

/** Numbers of the largest values, the largest first and the lower number of equals. */
export function topOf(values: Float32Array, count: number): number[] {
  const best: number[] = [];
  let least = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (best.length === count && value <= least) continue;
    let at = best.length;
    while (at > 0 && (values[best[at - 1] as number] as number) < value) at--;
    best.splice(at, 0, i);
    if (best.length > count) best.pop();
    least = values[best[best.length - 1] as number] as number;
  }
  return best;
}
