/** What dropout drops: a function of where an element stands in the run, not of a running generator (assembly/training/dropout.ts). */
import type { DropoutRule } from "../ops/ops.ts";
import type { Runtime } from "../runtime.ts";

/** A pass over a batch. All integers are unsigned, of 32 bits. */
export interface DropoutPass {
  /** Probability of an element to be dropped, at least 0 and below 1: of all places that have no rate of their own. */
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

/** Rules of the places of a pass, in the order in which the pass comes to them. */
export class DropoutSites {
  readonly #runtime: Runtime;
  #pass: DropoutPass | undefined;
  #sites = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Begins a pass; nothing is dropped where it is undefined. */
  begin(pass: DropoutPass | undefined): void {
    this.#pass = pass;
    this.#sites = 0;
  }

  /** The rule of the next place; undefined where nothing is dropped. */
  next(rate = this.#pass?.rate ?? 0): DropoutRule | undefined {
    const site = this.#sites++;
    return this.#pass && rate > 0 ? dropoutRule(this.#runtime, { ...this.#pass, rate }, site) : undefined;
  }
}
