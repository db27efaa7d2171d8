/**
 * The bytes of all tokens as a tree. Its nodes stand in the order of a depth-first walk, so that a walk is one
 * loop, and skipping a subtree is one jump.
 */
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";

export type TokenBytes = Pick<Tokenizer, "vocabSize" | "bytes" | "isSpecial">;

export class Vocabulary {
  /** One more than the largest id. */
  readonly size: number;
  /** Of each node: the byte that leads to it, its depth (the first bytes have 1), and the node after it. */
  readonly byte: Uint8Array;
  readonly depth: Uint16Array;
  readonly after: Int32Array;
  /** The tokens that end at a node: `ids` from `begin[node]` up to `begin[node + 1]`. */
  readonly ids: Int32Array;
  readonly begin: Int32Array;
  /** Bytes of the longest token. */
  readonly longest: number;
  /** Whether every byte is a token of its own. */
  readonly spellsBytes: boolean;

  /** Control tokens and tokens without bytes are left out: no text of a grammar has them. */
  constructor(tokenizer: TokenBytes) {
    this.size = tokenizer.vocabSize;
    const tokens: { readonly id: number; readonly text: string }[] = [];
    for (let id = 0; id < tokenizer.vocabSize; id++) {
      if (tokenizer.isSpecial(id)) continue;
      const text = Buffer.from(tokenizer.bytes(id)).toString("latin1");
      if (text !== "") tokens.push({ id, text });
    }
    tokens.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.id - b.id));
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
    // A node's tokens come first of those below it; a node without tokens has none up to the next node.
    this.byte = byte.slice(0, count);
    this.depth = depth.slice(0, count);
    this.after = after.slice(0, count);
    this.begin = begin.slice(0, count + 1);
    this.ids = Int32Array.from(tokens, ({ id }) => id);
    this.longest = longest;
    const single = tokens.filter(({ text }) => text.length === 1);
    this.spellsBytes = new Set(single.map(({ text }) => text)).size === 256;
  }

  /** The longest token that a text begins with, the lowest id among equals; undefined if there is none. */
  longestToken(
    text: ArrayLike<number>,
    from: number,
  ): { readonly id: number; readonly length: number } | undefined {
    let found: { readonly id: number; readonly length: number } | undefined;
    let [node, end] = [0, this.byte.length];
    for (let at = from; at < text.length; at++) {
      while (node < end && this.byte[node] !== text[at]) node = this.after[node] as number;
      if (node >= end) break;
      const first = this.begin[node] as number;
      if (first < (this.begin[node + 1] as number))
        found = { id: this.ids[first] as number, length: at + 1 - from };
      end = this.after[node] as number;
      node++;
    }
    return found;
  }
}
