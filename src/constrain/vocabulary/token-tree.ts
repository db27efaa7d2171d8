/**
 * Tokens as a tree of their bytes. Its nodes stand in the order of a depth-first walk, so that a walk is one
 * loop, and skipping a subtree is one jump.
 */

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
