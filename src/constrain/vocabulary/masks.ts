/**
 * Which tokens may follow a state, exact to the byte. Most tokens are decided by the rule at the top of a
 * stack alone (Dong et al. 2024, "XGrammar"): they are looked up once for each node of a rule. Only tokens
 * that go beyond the end of the rule depend on the rules below; their part of the tree is walked each time.
 * A part of the tree that a state takes as a whole is not walked. With 128,000 tokens the masks of the 800
 * tokens of a new schema with thirty properties take 0.2 to 0.3 ms in the mean, and single ones 10 to 30 ms.
 */
import type { Machine } from "../machine/machine.ts";
import type { Frame, State } from "../machine/state.ts";
import { BROKEN } from "./byte-groups.ts";
import { type Reach, reachOf } from "./reach.ts";
import type { TokenTree } from "./token-tree.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** One bit for each token. */
export type Mask = Uint32Array;

/** Places of the tree at which a rule may end: what follows them is left to the rules below. */
interface Exits {
  readonly nodes: number[];
  /** Nodes at which it may end, and at all characters below them. */
  readonly regions: number[];
}

/** The tokens of a node within its rule. */
interface Local extends Exits {
  readonly mask: Mask;
}

/** Masks that are kept, of states and of nodes: 16 KB each with 128,000 tokens. */
const MOST_MASKS = 512;

/** Above the tree's first node. */
const ROOT = -1;

export class Masks {
  readonly #size: number;
  readonly #parts: readonly TreeMasks[];
  readonly #kept = new Map<State, Mask>();

  constructor(machine: Machine, { size, trees }: Vocabulary) {
    this.#size = size;
    this.#parts = trees.map((tree) => new TreeMasks(machine, tree, size));
  }

  /** The tokens that may follow. */
  of(state: State): Mask {
    const known = this.#kept.get(state);
    if (known !== undefined) return known;
    const mask = new Uint32Array(Math.ceil(this.#size / 32));
    for (const part of this.#parts) for (const frame of state.frames) part.add(frame, mask);
    return keep(this.#kept, state, mask);
  }
}

/** Nodes below which a part of the tree is worth a look as a whole. */
const LARGE = 32;

/** The masks of the tokens of one tree. */
class TreeMasks {
  readonly #machine: Machine;
  readonly #tree: TokenTree;
  readonly #size: number;
  readonly #locals = new Map<State, Local>();
  readonly #reaches = new WeakMap<State, Reach>();

  constructor(machine: Machine, tree: TokenTree, size: number) {
    this.#machine = machine;
    this.#tree = tree;
    this.#size = size;
  }

  /** Marks the tokens that a stack allows. */
  add(frame: Frame, mask: Mask): void {
    if (frame.below === undefined) return;
    const [state, below] = this.#alone(frame);
    const local = this.#local(state);
    for (let i = 0; i < mask.length; i++) mask[i] = (mask[i] as number) | (local.mask[i] as number);
    this.#goOn(below, local, mask);
  }

  /** Marks the tokens behind some exits that the rules of a stack allow. */
  #goOn(frame: Frame, { nodes, regions }: Exits, mask: Mask): void {
    if (frame.below === undefined || nodes.length + regions.length === 0) return;
    if (nodes[0] === ROOT) this.add(frame, mask);
    const [state, below] = this.#alone(frame);
    const exits: Exits = { nodes: [], regions: state.accepts ? [...regions] : [] };
    for (const node of nodes) if (node !== ROOT) this.#walk(state, node, mask, exits);
    for (const region of regions) {
      if (((this.#tree.below[region] as number) & this.#reach(state).first) === 0) continue;
      const end = this.#tree.after[region] as number;
      for (let node = region; node < end; node++) {
        if (((this.#tree.below[node] as number) & BROKEN) === 0) this.#walk(state, node, mask, exits);
      }
    }
    this.#goOn(below, exits, mask);
  }

  #local(state: State): Local {
    const known = this.#locals.get(state);
    if (known !== undefined) return known;
    const local: Local = { mask: new Uint32Array(Math.ceil(this.#size / 32)), nodes: [], regions: [] };
    this.#walk(state, ROOT, local.mask, local);
    return keep(this.#locals, state, local);
  }

  /**
   * Splits a stack into its top rule, as a state with nothing below it, and the rest. The count of a repetition
   * stays with its rule.
   */
  #alone(frame: Frame): readonly [State, below: Frame] {
    const { tables } = this.#machine;
    const frames: Pick<Frame, "node" | "count">[] = [];
    let at = frame;
    for (let isLoop = true; isLoop && at.below !== undefined; at = at.below) {
      const { node, count } = at;
      isLoop = tables.loops[node] !== undefined;
      frames.push({ node, count: this.#machine.sameCount(node, count, this.#tree.longest) });
    }
    return [this.#machine.alone(frames), at];
  }

  /** Marks the tokens below a node of the tree, and adds the places at which the state's rule may end. */
  #walk(start: State, from: number, mask: Mask, exits: Exits): void {
    const { byte, depth, after, begin } = this.#tree;
    const machine = this.#machine;
    if (start.accepts) exits.nodes.push(from);
    const top = from === ROOT ? 0 : (depth[from] as number);
    const end = from === ROOT ? byte.length : (after[from] as number);
    const path = [start];
    for (let node = from + 1; node < end; ) {
      const level = (depth[node] as number) - top;
      const state = machine.after(path[level - 1] as State, byte[node] as number);
      const behind = after[node] as number;
      if (state === null) {
        node = behind;
        continue;
      }
      if (behind - node > LARGE && this.#takesAll(state, node)) {
        this.#mark(mask, begin[node] as number, begin[behind] as number);
        if (state.accepts) exits.regions.push(node);
        node = behind;
        continue;
      }
      path[level] = state;
      this.#mark(mask, begin[node] as number, begin[node + 1] as number);
      if (state.accepts && behind > node + 1) exits.nodes.push(node);
      node++;
    }
  }

  /**
   * Whether a state takes all that stands below a node, and its rule may end either always or never there.
   */
  #takesAll(state: State, node: number): boolean {
    const groups = this.#tree.below[node] as number;
    let at = state;
    for (let left = this.#tree.height[node] as number; left > 0; left--) {
      const { all, next } = this.#reach(at);
      if ((groups & ~all) !== 0 || next?.accepts !== state.accepts) return false;
      if (next === at) return true;
      at = next;
    }
    return true;
  }

  #reach(state: State): Reach {
    const known = this.#reaches.get(state);
    if (known !== undefined) return known;
    const reach = reachOf(this.#machine, state);
    this.#reaches.set(state, reach);
    return reach;
  }

  /** Marks tokens, given in the order of their bytes. */
  #mark(mask: Mask, first: number, end: number): void {
    const { ids } = this.#tree;
    for (let i = first; i < end; i++) {
      const id = ids[i] as number;
      mask[id >> 5] = (mask[id >> 5] as number) | (1 << (id & 31));
    }
  }
}

function keep<K, V>(kept: Map<K, V>, key: K, value: V): V {
  if (kept.size >= MOST_MASKS) for (const oldest of kept.keys()) if (kept.delete(oldest)) break;
  kept.set(key, value);
  return value;
}
