/**
 * Tokens as a tree of their bytes. Its nodes stand in the order of a depth-first walk, so that a walk is one
 * loop, and skipping a subtree is one jump.
 */

import { BROKEN, firstStep, groupOf, type Utf8Step, utf8Step, WHOLE } from "./byte-groups.ts";

/** A character of the text for each byte. */
export interface Token {
  readonly id: number;
  readonly text: string;
}

export interface FoundToken {
  readonly id: number;
  /** In bytes. */
  readonly length: number;
}

export class TokenTree {
  /** Of each node: the byte that leads to it, its depth (the first bytes have 1), and the node after it. */
  readonly byte: Uint8Array;
  readonly depth: Uint16Array;
  readonly after: Int32Array;
  /** The tokens that end at a node: `ids` from `begin[node]` up to `begin[node + 1]`. */
  readonly ids: Int32Array;
  readonly begin: Int32Array;
  /** Bytes of the longest token. */
  readonly longest: number;
  /** Of each node: the groups of the bytes below it. Within a character they are `BROKEN` among others. */
  readonly below: Int32Array;
  /** Of each node: the bytes to the end of the longest token below it. */
  readonly height: Uint16Array;

  /** @param tokens in the order of their bytes */
  constructor(tokens: readonly Token[]) {
    const bytes = tokens.reduce((sum, { text }) => sum + text.length, 0);
    const [byte, depth, after] = [new Uint8Array(bytes), new Uint16Array(bytes), new Int32Array(bytes)];
    const begin = new Int32Array(bytes + 1);
    const path: number[] = [];
    let [before, count, longest] = ["", 0, 0];
    for (const [i, { text }] of tokens.entries()) {
      let shared = 0;
      while (shared < before.length && shared < text.length && before[shared] === text[shared]) shared++;
      for (const node of path.splice(shared)) after[node] = count;
      for (let at = shared; at < text.length; at++) {
        byte[count] = text.charCodeAt(at);
        depth[count] = at + 1;
        begin[count] = i;
        path.push(count++);
      }
      before = text;
      longest = Math.max(longest, text.length);
    }
    for (const node of path) after[node] = count;
    begin[count] = tokens.length;
    this.byte = byte.slice(0, count);
    this.depth = depth.slice(0, count);
    this.after = after.slice(0, count);
    this.begin = begin.slice(0, count + 1);
    this.ids = Int32Array.from(tokens, ({ id }) => id);
    this.longest = longest;
    this.below = new Int32Array(count);
    this.height = new Uint16Array(count);
    this.#summarize();
  }

  /** The last node comes first: all nodes below a node are summed up before it is. */
  #summarize(): void {
    const { byte, depth, begin, below, height } = this;
    const [path, steps]: [number[], Utf8Step[]] = [[-1], [firstStep]];
    const parents = new Int32Array(byte.length);
    const own = new Int32Array(byte.length);
    const isWithin = new Uint8Array(byte.length);
    for (let node = 0; node < byte.length; node++) {
      const level = depth[node] as number;
      const step = utf8Step(steps[level - 1] as Utf8Step, byte[node] as number);
      const isCut = step.pending > 0 && (begin[node] as number) < (begin[node + 1] as number);
      const whole = step.pending === 0 ? groupOf[byte[node] as number] || WHOLE : 0;
      own[node] = step.isBroken || isCut ? BROKEN : whole;
      isWithin[node] = Number(step.pending > 0);
      parents[node] = path[level - 1] as number;
      path[level] = node;
      steps[level] = step;
    }
    for (let node = byte.length - 1; node >= 0; node--) {
      const parent = parents[node] as number;
      if (parent >= 0) {
        below[parent] = (below[parent] as number) | (own[node] as number) | (below[node] as number);
        height[parent] = Math.max(height[parent] as number, (height[node] as number) + 1);
      }
      if (isWithin[node]) below[node] = (below[node] as number) | BROKEN;
    }
  }

  /** The longest token that a text begins with, the lowest id among equals; undefined if there is none. */
  longestToken(text: ArrayLike<number>, from: number): FoundToken | undefined {
    let found: FoundToken | undefined;
    let [node, end] = [0, this.byte.length];
    for (let at = from; at < text.length; at++) {
      while (node < end && this.byte[node] !== text[at]) node = this.after[node] as number;
      if (node >= end) break;
      const first = this.begin[node] as number;
      if (first < (this.begin[node + 1] as number)) {
        found = { id: this.ids[first] as number, length: at + 1 - from };
      }
      end = this.after[node] as number;
      node++;
    }
    return found;
  }
}
