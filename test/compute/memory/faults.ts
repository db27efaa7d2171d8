/** A memory whose n-th allocation fails: for tests that want the state of before. */
import { Memory } from "../../../src/compute/memory/memory.ts";
import { GptError } from "../../../src/errors.ts";

export class FaultyMemory extends Memory {
  #left = Number.POSITIVE_INFINITY;

  /** Lets `count` allocations succeed and the next one fail, once. */
  failAfter(count: number): void {
    this.#left = count;
  }

  override allocate(bytes: number): number {
    if (this.#left-- > 0) return super.allocate(bytes);
    this.#left = Number.POSITIVE_INFINITY;
    throw new GptError("resource", "the allocation that the test made fail");
  }
}

/** Runs `work`, which may meet the fault. @returns undefined where it did */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof GptError && error.code === "resource") return undefined;
    throw error;
  }
}
