/** A mean in which recent values count most. */
export class RecentMean {
  #sum = 0;
  #weight = 0;

  /** @param decay factor for the weight of all earlier values */
  add(value: number, decay = 0.9): void {
    this.#sum = decay * this.#sum + value;
    this.#weight = decay * this.#weight + 1;
  }

  /** Undefined before the first value. */
  get value(): number | undefined {
    return this.#weight === 0 ? undefined : this.#sum / this.#weight;
  }
}
