/** What a run learns from and what it is measured on, whatever it trains. */
import type { CardFacts } from "../../../train/run/report/model-card.ts";
import type { RunData } from "../../../train/run/run.ts";

/** Whoever opens it closes it. */
export interface DataSet extends AsyncDisposable {
  readonly run: RunData;
  /** Sequences of an epoch. */
  readonly sequences: number;
  readonly hasValidation: boolean;
  /** The classes that a classifier is to tell apart. */
  readonly labels: readonly string[] | undefined;
  readonly facts: Omit<CardFacts["data"], "sources">;
}
