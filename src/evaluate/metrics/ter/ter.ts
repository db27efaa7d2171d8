/**
 * TER (Snover et al. 2006, "A Study of Translation Edit Rate with Targeted Human Annotation"), as sacreBLEU
 * computes it: inserted, deleted, replaced and shifted words for each 100 words of the references.
 */
import type { Metric, Score } from "../metric.ts";
import { trimmedEnd } from "../words.ts";
import { countEdits } from "./shifts.ts";
import { type TercomOptions, tercomWords } from "./tercom-tokenizer.ts";

export type TerOptions = TercomOptions;

export interface TerScore extends Score {
  readonly edits: number;
  /** Words; of several references their mean. */
  readonly referenceLength: number;
}

export function createTer(options: TerOptions = {}): Metric<TerScore> {
  const { normalized, noPunctuation, asian, caseSensitive } = options;
  const yesNo = (value = false) => (value ? "yes" : "no");
  return {
    name: "TER",
    decimals: 1,
    higherIsBetter: false,
    settings: [
      { name: "case", short: "c", value: caseSensitive ? "mixed" : "lc" },
      { name: "tok", short: "t", value: "tercom" },
      { name: "norm", short: "nr", value: yesNo(normalized) },
      { name: "punct", short: "pn", value: yesNo(!noPunctuation) },
      { name: "asian", short: "as", value: yesNo(asian) },
    ],
    statistics: (hypothesis, references) => counts(hypothesis, references, options),
    score([edits = 0, referenceLength = 0]) {
      const share = referenceLength > 0 ? edits / referenceLength : Math.min(edits, 1);
      return { score: 100 * share, edits, referenceLength };
    },
  };
}

/** [edits to the reference with the fewest, mean length of the references] */
function counts(hypothesis: string, references: readonly string[], options: TerOptions): number[] {
  const numbers = new Map<string, number>();
  const numbered = (words: readonly string[]) =>
    words.map((word) => {
      const known = numbers.get(word) ?? numbers.size;
      numbers.set(word, known);
      return known;
    });
  const wordsOf = (text: string) => tercomWords(trimmedEnd(text), options);
  const words = numbered(wordsOf(hypothesis));
  // sacreBLEU runs its tokenizer over references twice: `it's,` is `it's ,` and then `it 's ,`.
  const others = references.map((text) => numbered(wordsOf(wordsOf(text).join(" "))));
  const edits = others.map((reference) => countEdits(words, reference));
  const length = others.reduce((sum, reference) => sum + reference.length, 0);
  return [Math.min(...edits), length / references.length];
}
