/** Data of a run: examples to learn from and examples to measure on, for every task. */
import type { CardFacts } from "../report/model-card.ts";
import type { RunData } from "../run.ts";
import type { SamplePrompt } from "../sampler.ts";

/** The opener disposes of it. */
export interface DataSet extends AsyncDisposable {
  readonly run: RunData;
  /** Sequences of an epoch. */
  readonly sequences: number;
  readonly hasValidation: boolean;
  /** Classes of a classifier. */
  readonly labels: readonly string[] | undefined;
  /** How the texts that a run shows begin, unless the request says it. */
  readonly samplePrompt?: SamplePrompt | undefined;
  readonly facts: Omit<CardFacts["data"], "sources" | "validation">;
}
