/** Estimates with their standard errors. */

export interface Estimate {
  readonly value: number;
  /** One standard error. */
  readonly error: number;
}

/** As `meanOf`. One value says nothing of the spread: its error is NaN. */
export function sampleMeanOf(values: readonly number[]): Estimate {
  const { value, error } = meanOf(values);
  return { value, error: values.length > 1 ? error : Number.NaN };
}

/** The mean, and the standard error sqrt(variance / (n - 1)), 0 for one value. */
export function meanOf(values: readonly number[]): Estimate {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
  return { value: mean, error: n > 1 ? Math.sqrt(variance / (n - 1)) : 0 };
}
