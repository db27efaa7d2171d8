/**
 * Finds several patterns at once in a stream of symbols, with one step for each symbol, however the patterns
 * overlap: the automaton of Aho & Corasick 1975, "Efficient String Matching: An Aid to Bibliographic Search".
 */

/** Number of a node: the longest end of the stream that begins a pattern. 0 at the start. */
export type MatcherState = number;

interface Node {
  readonly children: Map<number, MatcherState>;
  /** Weight of the symbols from the start of the pattern to this node. */
  readonly depth: number;
  /** Number of the longest pattern that ends here. */
  matched: number | undefined;
  /** The longest proper suffix of the path to this node that also begins a pattern. */
  suffix: MatcherState;
}

/** Immutable: the caller keeps the state. */
export class PatternMatcher {
  readonly #nodes: Node[] = [];
  readonly #weightOf: (symbol: number) => number;

  /**
   * @param patterns none of them empty; the list may be empty
   * @param weightOf counts for `depth`; by default every symbol counts 1
   */
  constructor(patterns: readonly ArrayLike<number>[], weightOf = (_symbol: number) => 1) {
    this.#weightOf = weightOf;
    this.#addNode(0);
    for (const [number, pattern] of patterns.entries()) this.#add(pattern, number);
    this.#linkSuffixes();
  }

  /** How many states there are. */
  get size(): number {
    return this.#nodes.length;
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

  /** Weight of the last symbols that may be the beginning of a pattern. */
  depth(state: MatcherState): number {
    return this.#node(state).depth;
  }

  /** Number of the longest pattern that the last symbol completed; of equal patterns the first one's. */
  matched(state: MatcherState): number | undefined {
    return this.#node(state).matched;
  }

  #node(state: MatcherState): Node {
    const node = this.#nodes[state];
    if (node === undefined) throw new RangeError(`there is no state ${state}`);
    return node;
  }

  #addNode(depth: number): MatcherState {
    return this.#nodes.push({ children: new Map(), depth, matched: undefined, suffix: 0 }) - 1;
  }

  #add(pattern: ArrayLike<number>, number: number): void {
    let state = 0;
    for (const symbol of Array.from(pattern)) {
      const { children, depth } = this.#node(state);
      state = children.get(symbol) ?? this.#addNode(depth + this.#weightOf(symbol));
      children.set(symbol, state);
    }
    this.#node(state).matched ??= number;
  }

  /** Breadth first: the suffix of a node is shorter than the node, so it is linked before. */
  #linkSuffixes(): void {
    const queue = [this.#node(0)];
    for (const node of queue) {
      for (const [symbol, state] of node.children) {
        const child = this.#node(state);
        if (node !== queue[0]) child.suffix = this.next(node.suffix, symbol);
        child.matched ??= this.#node(child.suffix).matched;
        queue.push(child);
      }
    }
  }
}
