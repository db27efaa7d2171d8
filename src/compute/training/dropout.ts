/**
 * Rules of dropout. An element is dropped as a function of its place in the run, not of a generator with
 * state (assembly/training/dropout.ts).
 */
import type { DropoutRule } from "../ops/ops.ts";
import type { Runtime } from "../runtime.ts";

/** A pass over a batch. All integers are unsigned, of 32 bits. */
export interface DropoutPass {
  /** Probability that an element is dropped, in [0, 1), at places without a rate of their own. */
  readonly rate: number;
  readonly seed: number;
  readonly step: number;
  /** Number of the pass within the step. */
  readonly pass: number;
}

/** @param site number of the place within the pass */
export function dropoutRule({ memory, scratch }: Runtime, pass: DropoutPass, site: number): DropoutRule {
  const ptr = scratch.allocate(24);
  memory.u32(ptr, 6).set([pass.rate * 2 ** 32, 0, pass.seed, pass.step, site, pass.pass]);
  memory.f32(ptr + 4, 1)[0] = 1 / (1 - pass.rate);
  return { ptr };
}

/** Rules for the places of a pass, in the order of the pass. */
export class DropoutSites {
  readonly #runtime: Runtime;
  #pass: DropoutPass | undefined;
  #sites = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Begins a pass. Without a rule nothing is dropped. */
  begin(pass: DropoutPass | undefined): void {
    this.#pass = pass;
    this.#sites = 0;
  }

  /** Does the work of an earlier part of the pass once more, whose first place has this number. */
  again<T>(first: number, work: () => T): T {
    const after = this.#sites;
    this.#sites = first;
    const result = work();
    this.#sites = after;
    return result;
  }

  /** Number of the next place. */
  get following(): number {
    return this.#sites;
  }

  /** The rule of the next place; undefined if nothing is dropped there. */
  next(rate = this.#pass?.rate ?? 0): DropoutRule | undefined {
    const site = this.#sites++;
    return this.#pass && rate > 0 ? dropoutRule(this.#runtime, { ...this.#pass, rate }, site) : undefined;
  }
}
