/** What may come next in a beam search: one more id after one of several texts. */

export interface Continuation {
  /** Which text it continues. */
  readonly beam: number;
  readonly id: number;
  /** Of the text with this id. */
  readonly logprob: number;
}

/**
 * All continuations, the likeliest first; of equally likely ones that of the earlier beam, then the one with the lower
 * id. Those of -Infinity are left out.
 * @param logprobs for each beam those of its continuations by each id
 * @param few how many are likely to be asked for: so many take one pass, to ask for more is to sort them all
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
