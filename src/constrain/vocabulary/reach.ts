/**
 * What a state says about whole groups of bytes. A text between quotes takes nearly every token: a part of the
 * tree whose bytes all lead on and on is taken at once (as "slices" in llguidance).
 */
import type { Machine } from "../machine/machine.ts";
import type { State } from "../machine/state.ts";
import { BROKEN, firstStep, groupOf, type Utf8Step, utf8Step, WHOLE } from "./byte-groups.ts";

export interface Reach {
  /** Groups with a byte that may follow. */
  readonly first: number;
  /** Groups that lead to `next` with all their bytes. */
  readonly all: number;
  readonly next: State | undefined;
}

const ASCII = 0x80;
const LEADS = { low: 0xc2, high: 0xf4 };

export function reachOf(machine: Machine, state: State): Reach {
  const targets = Array.from({ length: ASCII }, (_, byte) => machine.after(state, byte));
  const next = mostFrequent(targets);
  let first = 0;
  let split = 0;
  for (const [byte, target] of targets.entries()) {
    const group = groupOf[byte] as number;
    if (target !== null) first |= group;
    if (target !== next) split |= group;
  }
  for (let byte = ASCII; byte < 256; byte++) {
    if (machine.after(state, byte) !== null) first |= WHOLE | BROKEN;
  }
  if (next === undefined) return { first, all: 0, next };
  const all = ~(split | WHOLE | BROKEN);
  return { first, all: charactersLead(machine, state, next) ? all | WHOLE : all, next };
}

function mostFrequent(states: readonly (State | null)[]): State | undefined {
  const counts = new Map<State, number>();
  for (const state of states) if (state !== null) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].reduce<readonly [State | undefined, number]>(
    (best, entry) => (entry[1] > best[1] ? entry : best),
    [undefined, 0],
  )[0];
}

/** Whether each character of several bytes leads from a state to another one. */
function charactersLead(machine: Machine, from: State, to: State, step: Utf8Step = firstStep): boolean {
  const { low, high } = step.pending === 0 ? LEADS : step;
  let [known, knownStep]: [State | undefined, Utf8Step] = [undefined, firstStep];
  for (let byte = low; byte <= high; byte++) {
    const next = machine.after(from, byte);
    if (next === null) return false;
    const then = utf8Step(step, byte);
    if (then.pending === 0) {
      if (next !== to) return false;
    } else if (next !== known || !isSame(then, knownStep)) {
      if (!charactersLead(machine, next, to, then)) return false;
      [known, knownStep] = [next, then];
    }
  }
  return true;
}

const isSame = (a: Utf8Step, b: Utf8Step): boolean =>
  a.pending === b.pending && a.low === b.low && a.high === b.high;
