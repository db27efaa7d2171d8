/** Beam search as plainly as it can be written: every continuation is listed and sorted at every step. */

export interface ReferenceOptions {
  readonly beams: number;
  readonly maxTokens: number;
  readonly lengthPenalty: number;
  readonly earlyStopping: boolean | "never";
  readonly endOfText: readonly number[];
}

export interface ReferenceText {
  readonly ids: readonly number[];
  readonly score: number;
}

type Logits = (ids: readonly number[]) => ArrayLike<number>;

function logSoftmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits, Math.fround);
  const sum = values.reduce((total, value) => total + Math.exp(value), 0);
  return values.map((value) => value - Math.log(sum));
}

export function beamSearch(
  logits: Logits,
  prompt: readonly number[],
  options: ReferenceOptions,
): ReferenceText {
  const { beams, maxTokens, lengthPenalty, earlyStopping, endOfText } = options;
  const score = (sum: number, length: number) => sum / length ** lengthPenalty;
  let running: { ids: readonly number[]; sum: number }[] = [{ ids: [], sum: 0 }];
  let finished: ReferenceText[] = [];
  for (let length = 1; length <= maxTokens; length++) {
    const continued = running
      .flatMap(({ ids, sum }) =>
        logSoftmax(logits([...prompt, ...ids])).map((logprob, id) => ({ ids, id, sum: sum + logprob })),
      )
      .toSorted((a, b) => b.sum - a.sum);
    const ends = continued
      .slice(0, beams)
      .filter(({ id }) => endOfText.includes(id) || length === maxTokens)
      .map(({ ids, id, sum }) => ({
        ids: endOfText.includes(id) ? ids : [...ids, id],
        score: score(sum, length),
      }));
    finished = [...finished, ...ends].toSorted((a, b) => b.score - a.score).slice(0, beams);
    running = continued
      .filter(({ id }) => !endOfText.includes(id))
      .slice(0, beams)
      .map(({ ids, id, sum }) => ({ ids: [...ids, id], sum }));
    const worst = finished.length === beams ? (finished.at(-1)?.score ?? -Infinity) : -Infinity;
    const hoped = earlyStopping === "never" && lengthPenalty > 0 ? maxTokens : length;
    if (score(running[0]?.sum ?? -Infinity, hoped) <= worst) break;
    if (earlyStopping === true && finished.length === beams) break;
  }
  return finished[0] ?? { ids: [], score: -Infinity };
}

/** The best of all texts that end or have `maxTokens` tokens. */
export function exhaustiveSearch(
  logits: Logits,
  prompt: readonly number[],
  { maxTokens, lengthPenalty, endOfText }: ReferenceOptions,
): ReferenceText {
  const texts: ReferenceText[] = [];
  const visit = (ids: readonly number[], sum: number) => {
    for (const [id, logprob] of logSoftmax(logits([...prompt, ...ids])).entries()) {
      const length = ids.length + 1;
      const ends = endOfText.includes(id);
      const text = ends ? ids : [...ids, id];
      if (ends || length === maxTokens)
        texts.push({ ids: text, score: (sum + logprob) / length ** lengthPenalty });
      else visit(text, sum + logprob);
    }
  };
  visit([], 0);
  return texts.reduce((best, text) => (text.score > best.score ? text : best));
}
