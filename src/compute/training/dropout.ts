/** What dropout drops: a function of where an element stands in the run, not of a running generator (assembly/dropout.ts). */
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

/** The rule of one place in the network, as the kernels read it. */
export interface DropoutRule {
  readonly ptr: number;
}

/** @param site number of the place within the pass */
export function dropoutRule({ memory, scratch }: Runtime, pass: DropoutPass, site: number): DropoutRule {
  const ptr = scratch.allocate(24);
  memory.u32(ptr, 6).set([pass.rate * 2 ** 32, 0, pass.seed, pass.step, site, pass.pass]);
  memory.f32(ptr + 4, 1)[0] = 1 / (1 - pass.rate);
  return { ptr };
}
