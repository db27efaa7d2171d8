/**
 * Finds several patterns at once in a stream of symbols - UTF-16 units or bytes - in one step a symbol, however the
 * patterns overlap: the automaton of Aho & Corasick 1975, "Efficient String Matching: An Aid to Bibliographic Search".
 */

/** What was read last, as far as it may begin a pattern; 0 at the start. */
export type MatcherState = number;

interface Node {
  readonly children: Map<number, MatcherState>;
  /** Symbols from the start of the pattern up to here. */
  readonly depth: number;
  /** Length of the longest pattern that ends here; 0: none does. */
  matched: number;
  /** The longest proper suffix of what led here that also begins a pattern. */
  suffix: MatcherState;
}

/** Immutable: the caller keeps the state. */
export class PatternMatcher {
  readonly #nodes: Node[] = [];

  /** @param patterns none of them empty; there may be no pattern at all */
  constructor(patterns: readonly ArrayLike<number>[]) {
    this.#addNode(0);
    for (const pattern of patterns) this.#add(pattern);
    this.#linkSuffixes();
  }

  next(state: MatcherState, symbol: number): MatcherState {
    let at = state;
    for (;;) {
      const { children, suffix } = this.#node(at);
      const child = children.get(symbol);
      if (child !== undefined) return child;
      if (at === 0) return 0;
      at = suffix;
    }
  }

  /** How many of the symbols read last may be the beginning of a pattern. */
  depth(state: MatcherState): number {
    return this.#node(state).depth;
  }

  /** Length of the longest pattern that the symbol read last completes; 0: none. */
  matched(state: MatcherState): number {
    return this.#node(state).matched;
  }

  #node(state: MatcherState): Node {
    const node = this.#nodes[state];
    if (node === undefined) throw new RangeError(`there is no state ${state}`);
    return node;
  }

  #addNode(depth: number): MatcherState {
    return this.#nodes.push({ children: new Map(), depth, matched: 0, suffix: 0 }) - 1;
  }

  #add(pattern: ArrayLike<number>): void {
    let state = 0;
    for (const symbol of Array.from(pattern)) {
      const { children, depth } = this.#node(state);
      state = children.get(symbol) ?? this.#addNode(depth + 1);
      children.set(symbol, state);
    }
    this.#node(state).matched = pattern.length;
  }

  /** Breadth first, so that the suffix of a node, which is shorter, is linked before it. */
  #linkSuffixes(): void {
    const queue = [this.#node(0)];
    for (const node of queue) {
      for (const [symbol, state] of node.children) {
        const child = this.#node(state);
        if (node.depth > 0) child.suffix = this.next(node.suffix, symbol);
        child.matched ||= this.#node(child.suffix).matched;
        queue.push(child);
      }
    }
  }
}
