/**
 * Which tokens may follow a state, exact to the byte. Most tokens are decided by the rule at the top of a
 * stack alone (Dong et al. 2024, "XGrammar"): they are looked up once for each node of a rule. Only tokens
 * that go beyond the end of the rule depend on the rules below; their part of the tree is walked each time.
 */
import type { Machine } from "../machine/machine.ts";
import type { Frame, State } from "../machine/state.ts";
import type { TokenTree } from "./token-tree.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** One bit for each token. */
export type Mask = Uint32Array;

/** The tokens of a node within its rule. */
interface Local {
  readonly mask: Mask;
  /** Nodes of the tree at which the rule may end: what follows them is left to the rules below. */
  readonly exits: readonly number[];
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

/** The masks of the tokens of one tree. */
class TreeMasks {
  readonly #machine: Machine;
  readonly #tree: TokenTree;
  readonly #size: number;
  readonly #ofNodes = new Map<number, Local>();

  constructor(machine: Machine, tree: TokenTree, size: number) {
    this.#machine = machine;
    this.#tree = tree;
    this.#size = size;
  }

  /** Marks the tokens that a stack allows. */
  add(frame: Frame, mask: Mask): void {
    const { below } = frame;
    if (below === undefined) return;
    const local = this.#local(frame);
    for (let i = 0; i < mask.length; i++) mask[i] = (mask[i] as number) | (local.mask[i] as number);
    this.#goOn(below, local.exits, mask);
  }

  /** The tokens below some nodes of the tree that the rules of a stack allow. */
  #goOn(frame: Frame, from: readonly number[], mask: Mask): void {
    const { below } = frame;
    if (below === undefined || from.length === 0) return;
    if (from.includes(ROOT)) this.add(frame, mask);
    const state = this.#alone(frame);
    const exits = from.flatMap((node) => (node === ROOT ? [] : this.#walk(state, node, mask)));
    this.#goOn(below, exits, mask);
  }

  #local(frame: Frame): Local {
    const count = this.#machine.sameCount(frame.node, frame.count, this.#tree.longest);
    const key = frame.node + count * this.#machine.tables.costs.length;
    const known = this.#ofNodes.get(key);
    if (known !== undefined) return known;
    const mask = new Uint32Array(Math.ceil(this.#size / 32));
    const exits = this.#walk(this.#alone(frame), ROOT, mask);
    return keep(this.#ofNodes, key, { mask, exits });
  }

  #alone({ node, count }: Frame): State {
    return this.#machine.alone(node, this.#machine.sameCount(node, count, this.#tree.longest));
  }

  /** Marks the tokens below a node of the tree, and returns the nodes at which the state's rule may end. */
  #walk(start: State, from: number, mask: Mask): number[] {
    const { byte, depth, after, begin, ids } = this.#tree;
    const machine = this.#machine;
    const exits = start.accepts ? [from] : [];
    const top = from === ROOT ? 0 : (depth[from] as number);
    const end = from === ROOT ? byte.length : (after[from] as number);
    const path = [start];
    for (let node = from + 1; node < end; ) {
      const level = (depth[node] as number) - top;
      const state = machine.after(path[level - 1] as State, byte[node] as number);
      if (state === null) {
        node = after[node] as number;
        continue;
      }
      path[level] = state;
      const last = begin[node + 1] as number;
      for (let i = begin[node] as number; i < last; i++) {
        const id = ids[i] as number;
        mask[id >> 5] = (mask[id >> 5] as number) | (1 << (id & 31));
      }
      if (state.accepts && (after[node] as number) > node + 1) exits.push(node);
      node++;
    }
    return exits;
  }
}

function keep<K, V>(kept: Map<K, V>, key: K, value: V): V {
  if (kept.size >= MOST_MASKS) for (const oldest of kept.keys()) if (kept.delete(oldest)) break;
  kept.set(key, value);
  return value;
}
