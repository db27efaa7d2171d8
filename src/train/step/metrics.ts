/** Figures of a step, under the names that TRL gives them. */
export type Metrics = Readonly<Record<string, number>>;

/** Means of figures over the micro-batches of a step. */
export class Means {
  readonly #sums = new Map<string, { sum: number; count: number }>();

  /** @param count number of the values that are summed up */
  add(name: string, sum: number, count = 1): void {
    const mean = this.#sums.get(name) ?? { sum: 0, count: 0 };
    mean.sum += sum;
    mean.count += count;
    this.#sums.set(name, mean);
  }

  get values(): Metrics {
    return Object.fromEntries([...this.#sums].map(([name, { sum, count }]) => [name, sum / count]));
  }
}

/** Figures, if an objective has some. */
export const shown = (metrics: Metrics = {}): { readonly metrics?: Metrics } =>
  Object.keys(metrics).length > 0 ? { metrics } : {};
