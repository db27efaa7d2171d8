/** A binary min-heap of numbers. */
export class MinHeap {
  readonly #keys: number[] = [];

  /** Undefined for an empty heap. */
  get smallest(): number | undefined {
    return this.#keys[0];
  }

  push(key: number): void {
    const keys = this.#keys;
    let hole = keys.length;
    keys.push(key);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = keys[parent] as number;
      if (above <= key) break;
      keys[hole] = above;
      hole = parent;
    }
    keys[hole] = key;
  }

  /** Takes the smallest key out; undefined from an empty heap. */
  pop(): number | undefined {
    const keys = this.#keys;
    const smallest = keys[0];
    const last = keys.pop();
    if (last === undefined || keys.length === 0) return smallest;
    let hole = 0;
    for (let child = 1; child < keys.length; child = 2 * hole + 1) {
      if (child + 1 < keys.length && (keys[child + 1] as number) < (keys[child] as number)) child++;
      const below = keys[child] as number;
      if (last <= below) break;
      keys[hole] = below;
      hole = child;
    }
    keys[hole] = last;
    return smallest;
  }
}
