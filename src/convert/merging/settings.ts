/** What the methods that make one model of several can be told. */
export interface MergeSettings {
  /** One for each model but the base. */
  readonly weights: readonly number[];
  /** Place on the arc from the first model, 0, to the second, 1. Default 0.5. */
  readonly t?: number | undefined;
  /** Share of each difference that stays. Default 1. */
  readonly density?: number | undefined;
}
