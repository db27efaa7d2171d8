/**
 * Recognizes a grammar byte by byte. A state is a set of stacks: where each of the rules under way stands. A
 * stack is a list of frames that share their lower ends, so that states of any depth cost little. Moves are
 * looked up once they are known, as in a lazily built automaton.
 */
import { GptError } from "../../errors.ts";
import { Frame, type State } from "./state.ts";
import type { Loop, Tables } from "./tables.ts";

/** Stacks of one state. Only a grammar that says the same in very many ways has more. */
const MOST_STACKS = 4096;
/** States that are kept. */
const MOST_STATES = 8192;

/**
 * Counts of a repetition without a small upper bound. FREE: it may end or go on. LOCKED: it must go on. LOCKED - n: it
 * must go on n times before it is free.
 */
const FREE = -1;
const LOCKED = -2;

export class Machine {
  readonly tables: Tables;
  #states = new Map<string, State>();
  #frames = 0;
  #bottom: Frame;

  constructor(tables: Tables) {
    this.tables = tables;
    this.#bottom = this.#newFrame(-1, 0, undefined, 0);
  }

  /** The state before the first byte. */
  get start(): State {
    return this.alone([{ node: this.tables.start, count: 0 }]);
  }

  /**
   * The state of some frames, from the top, with nothing below them: the text ends where the last rule ends.
   */
  alone(frames: readonly Pick<Frame, "node" | "count">[]): State {
    let top = this.#bottom;
    for (const { node, count } of frames.toReversed()) top = this.#frame(node, count, top);
    return this.#state([top]);
  }

  /** The state after a byte; null if the byte may not follow. */
  after(state: State, byte: number): State | null {
    const kind = this.tables.classOf[byte] as number;
    const known = state.next[kind];
    if (known !== undefined) return known;
    const next = this.#move(state, kind);
    state.next[kind] = next;
    return next;
  }

  /**
   * A count that is as good as another one for the next bytes, `bytes` of them. So a text of thousands of
   * characters has few different states.
   */
  sameCount(node: number, count: number, bytes: number): number {
    const loop = this.tables.loops[node];
    if (loop === undefined || loop.most - count <= bytes) return count;
    const missing = loop.least - count;
    if (missing <= 0) return FREE;
    return missing > bytes ? LOCKED : LOCKED - missing;
  }

  #move(state: State, kind: number): State | null {
    const { moves, classes, isLast } = this.tables;
    const frames: Frame[] = [];
    for (const { node, below } of state.takers) {
      const to = moves[node * classes.length + kind] as number;
      if (to < 0) continue;
      const frame = isLast[to] ? (below as Frame) : this.#frame(to, 0, below as Frame);
      if (!frames.includes(frame)) frames.push(frame);
    }
    return frames.length === 0 ? null : this.#state(frames);
  }

  #state(frames: readonly Frame[]): State {
    const sorted = [...frames].sort((a, b) => a.id - b.id);
    const key = sorted.map(({ id }) => id).join();
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#states.size >= MOST_STATES) this.#forget();
    const cost = sorted.reduce((least, frame) => Math.min(least, frame.cost), Infinity);
    const state: State = { frames: sorted, ...this.#closure(sorted), cost, next: [] };
    this.#states.set(key, state);
    return state;
  }

  /** States in use stay what they are; equal ones that come later are made again. */
  #forget(): void {
    this.#states = new Map();
    this.#bottom = this.#newFrame(-1, 0, undefined, 0);
  }

  /** Follows ends and calls: the frames that take a byte, and whether the text may end. */
  #closure(frames: readonly Frame[]): Pick<State, "takers" | "accepts"> {
    const { calls, ends, loops, takes } = this.tables;
    const seen = new Set(frames);
    const takers: Frame[] = [];
    let accepts = false;
    for (const frame of seen) {
      const { node, count, below } = frame;
      if (below === undefined) {
        accepts = true;
        continue;
      }
      const loop = loops[node];
      if (loop !== undefined) {
        if (count === FREE || count >= loop.least) seen.add(below);
        if (count >= loop.most) continue;
        const next = nextCount(count, loop);
        seen.add(this.#frame(loop.start, 0, next >= loop.most ? below : this.#frame(node, next, below)));
        continue;
      }
      if (ends[node]) seen.add(below);
      for (const { start, to } of calls[node] ?? []) {
        seen.add(this.#frame(start, 0, this.tables.isLast[to] ? below : this.#frame(to, 0, below)));
      }
      if (takes[node]) takers.push(frame);
      if (seen.size > MOST_STACKS) {
        const advice = "say each thing in one way only";
        throw new GptError("usage", `the grammar is ambiguous in more than ${MOST_STACKS} ways: ${advice}`);
      }
    }
    return { takers, accepts };
  }

  #frame(node: number, count: number, below: Frame): Frame {
    const key = node + count * this.tables.costs.length;
    const known = below.above.get(key);
    if (known !== undefined) return known;
    const loop = this.tables.loops[node];
    const cost =
      loop === undefined ? (this.tables.costs[node] as number) : Math.max(0, loop.least - count) * loop.cost;
    const frame = this.#newFrame(node, count, below, cost + below.cost);
    below.above.set(key, frame);
    return frame;
  }

  #newFrame(node: number, count: number, below: Frame | undefined, cost: number): Frame {
    return new Frame(this.#frames++, node, count, below, cost);
  }
}

function nextCount(count: number, { least, most }: Loop): number {
  if (count === FREE || count === LOCKED) return count;
  if (count < LOCKED) return count === LOCKED - 1 ? FREE : count + 1;
  return Number.isFinite(most) ? count + 1 : Math.min(count + 1, least);
}
