/** The next steps of a beam search: one of several texts with one more id. */

export interface Continuation {
  /** Number of the text. */
  readonly beam: number;
  readonly id: number;
  /** Log-probability of the text with this id. */
  readonly logprob: number;
}

/**
 * All continuations, the likeliest first; of equally likely ones the earlier beam's, then the one with the
 * lower id. Continuations of -Infinity are left out.
 * @param logprobs for each beam the log-probabilities of its continuations, by id
 * @param few the number that the caller will likely ask for. They take one pass; more of them need a sort of
 *   all
 */
export function* bestFirst(logprobs: readonly Float64Array[], few: number): Generator<Continuation> {
  const best = likeliest(logprobs, few);
  yield* best;
  if (best.length === few) yield* sorted(logprobs).slice(few);
}

function likeliest(logprobs: readonly Float64Array[], count: number): Continuation[] {
  const best: Continuation[] = [];
  let least = -Infinity;
  for (const [beam, row] of logprobs.entries()) {
    for (let id = 0; id < row.length; id++) {
      const logprob = row[id] as number;
      if (!(logprob > least)) continue;
      const place = best.findLastIndex((other) => other.logprob >= logprob) + 1;
      best.splice(place, 0, { beam, id, logprob });
      best.length = Math.min(best.length, count);
      least = best[count - 1]?.logprob ?? -Infinity;
    }
  }
  return best;
}

function sorted(logprobs: readonly Float64Array[]): Continuation[] {
  const rows = logprobs.map((row, beam) => Array.from(row, (logprob, id) => ({ beam, id, logprob })));
  return rows
    .flat()
    .filter(({ logprob }) => logprob > -Infinity)
    .sort((a, b) => b.logprob - a.logprob);
}
