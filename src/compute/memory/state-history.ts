/**
 * States of the recurrent layers of one sequence. A pass reads the state before its rows and writes the state
 * after them into another block. Some older states stay, so that a sequence can go back to them: the further
 * back, the wider apart. Forks share states, for none changes after its pass.
 */
import type { Memory } from "./memory.ts";

/** Three neighbouring states may always span this many positions, and the middle one goes. */
const LEAST_SPAN = 256;
/** They may span as many positions as the newest of them is from the end, times this. */
const SPAN_OF_DISTANCE = 3;

/** State after the first `position` positions. Several histories may hold it. */
interface State {
  readonly position: number;
  readonly address: number;
  holders: number;
}

/** The most states of a sequence with this many positions, at any time. */
export const mostStates = (positions: number): number =>
  4 + Math.ceil(Math.log2(Math.max(1, positions / LEAST_SPAN)));

export class StateHistory {
  readonly #memory: Memory;
  /** Bytes of a state: all recurrent layers. */
  readonly #bytes: number;
  /** Oldest first. Before the first position the state is zero and takes no memory. */
  #states: State[] = [];

  constructor(memory: Memory, bytes: number) {
    this.#memory = memory;
    this.#bytes = bytes;
  }

  fork(): StateHistory {
    const fork = new StateHistory(this.#memory, this.#bytes);
    for (const state of this.#states) state.holders++;
    fork.#states = [...this.#states];
    return fork;
  }

  /** Position of the newest state. */
  get position(): number {
    return this.#states.at(-1)?.position ?? 0;
  }

  /** Addresses of the newest state and of the one before it, which is 0 for the state of zeros. */
  get addresses(): readonly [before: number, after: number] {
    return [this.#states.at(-2)?.address ?? 0, this.#states.at(-1)?.address ?? 0];
  }

  /**
   * Memory for the state after `position` positions, which a pass is to write.
   *
   * @throws GptError `resource` if memory is full
   */
  extend(position: number): void {
    this.#thin();
    this.#states.push({ position, address: this.#memory.allocate(this.#bytes), holders: 1 });
  }

  /** Forgets the states after more than `position` positions. */
  truncate(position: number): void {
    while (this.position > position) this.#release(this.#states.pop());
  }

  /** Drops states that have near neighbours on both sides. */
  #thin(): void {
    const end = this.position;
    for (let i = this.#states.length - 2; i >= 0; i--) {
      const after = this.#states[i + 1]?.position ?? 0;
      const before = this.#states[i - 1]?.position ?? 0;
      if (after - before > Math.max(LEAST_SPAN, SPAN_OF_DISTANCE * (end - after))) continue;
      this.#release(...this.#states.splice(i, 1));
    }
  }

  #release(...states: readonly (State | undefined)[]): void {
    for (const state of states) {
      if (state === undefined) continue;
      state.holders--;
      if (state.holders === 0) this.#memory.free(state.address);
    }
  }
}
