/**
 * Deterministic tables of a grammar's rules. Within a rule a byte leads to one node at most; only calls of
 * other rules leave a choice open. Nodes that cannot reach the end of the text are left out.
 */
import type { NamedBody, NfaNode, RuleNumber } from "./fragments.ts";

export interface Call {
  /** The first node of the rule that is called. */
  readonly start: number;
  /** The node after it. */
  readonly to: number;
}

/** A rule that repeats another one. Its node counts. */
export interface Loop {
  /** The first node of the repeated rule. */
  readonly start: number;
  readonly least: number;
  readonly most: number;
  /** The fewest bytes of one repetition. */
  readonly cost: number;
}

export interface Tables {
  /** The first node of the whole text. */
  readonly start: number;
  /** The class of every byte. Bytes of a class lead to the same nodes everywhere. */
  readonly classOf: Uint8Array;
  /** The least byte of every class. */
  readonly classes: readonly number[];
  /** For each node and class the next node, or -1. */
  readonly moves: Int32Array;
  readonly ends: Uint8Array;
  readonly calls: readonly (readonly Call[])[];
  readonly loops: readonly (Loop | undefined)[];
  /** The fewest bytes from each node to the end of its rule. */
  readonly costs: Float64Array;
  /** Whether a byte may follow at a node. */
  readonly takes: Uint8Array;
  /** Whether nothing follows at a node: its rule ends. */
  readonly isLast: Uint8Array;
}

interface Node {
  readonly moves: Map<number, number>;
  readonly calls: { readonly rule: RuleNumber; readonly to: number }[];
  readonly loop: { readonly of: RuleNumber; readonly least: number; readonly most: number } | undefined;
  ends: boolean;
}

/** @param fault makes the error for a grammar that has no tables */
export function tablesOf(
  bodies: readonly NamedBody[],
  fault: (problem: string) => Error,
  mostNodes: number,
): Tables {
  const { classOf, classes } = byteClasses(bodies);
  const nodes: Node[] = [];
  const starts = bodies.map(({ body }) => {
    const start = nodes.length;
    if (body.kind === "loop") nodes.push({ moves: new Map(), calls: [], loop: body, ends: false });
    else determinize(body.nodes, classes, nodes);
    if (nodes.length > mostNodes) throw fault(`it has more than ${mostNodes} nodes`);
    return start;
  });
  const costs = costsOf(nodes, starts);
  if (costs[0] === Infinity) throw fault("it allows no text");
  refuseLeftRecursion(bodies, nodes, starts, costs, fault);
  const moves = new Int32Array(nodes.length * classes.length).fill(-1);
  const isAlive = (node: number) => (costs[node] as number) < Infinity;
  const calls = nodes.map((node) =>
    node.calls
      .map(({ rule, to }) => ({ start: starts[rule] as number, to }))
      .filter(({ start, to }) => isAlive(start) && isAlive(to)),
  );
  for (const [i, node] of nodes.entries()) {
    for (const [kind, to] of node.moves) if (isAlive(to)) moves[i * classes.length + kind] = to;
  }
  const takes = nodes.map((_, i) =>
    moves.subarray(i * classes.length, (i + 1) * classes.length).some((to) => to >= 0),
  );
  const isLast = nodes.map(
    ({ ends, loop }, i) => ends && loop === undefined && calls[i]?.length === 0 && !takes[i],
  );
  return {
    start: 0,
    classOf,
    classes,
    moves,
    ends: Uint8Array.from(nodes, ({ ends }) => Number(ends)),
    calls,
    loops: nodes.map(({ loop }) => {
      if (loop === undefined) return undefined;
      const start = starts[loop.of] as number;
      return { start, least: loop.least, most: loop.most, cost: costs[start] as number };
    }),
    costs,
    takes: Uint8Array.from(takes, Number),
    isLast: Uint8Array.from(isLast, Number),
  };
}

function byteClasses(bodies: readonly NamedBody[]): Pick<Tables, "classOf" | "classes"> {
  const begins = new Uint8Array(257);
  begins[0] = 1;
  for (const { body } of bodies) {
    if (body.kind === "loop") continue;
    for (const { bytes } of body.nodes) {
      for (const { first, last } of bytes) begins[first] = begins[last + 1] = 1;
    }
  }
  const classes: number[] = [];
  const classOf = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) {
    if (begins[byte]) classes.push(byte);
    classOf[byte] = classes.length - 1;
  }
  return { classOf, classes };
}

/** Adds the nodes of a rule by subset construction; a call is a symbol like a byte. The start comes first. */
function determinize(nfa: readonly NfaNode[], classes: readonly number[], nodes: Node[]): void {
  const numbers = new Map<string, number>();
  const sets: (readonly number[])[] = [];
  const first = nodes.length;
  const numberOf = (members: readonly number[]): number => {
    const set = closure(nfa, members);
    const key = set.join();
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, first + sets.length);
    nodes.push({ moves: new Map(), calls: [], loop: undefined, ends: set.includes(1) });
    return first + sets.push(set) - 1;
  };
  numberOf([0]);
  for (let i = 0; i < sets.length; i++) {
    const targets = new Map<number, number[]>();
    const after = new Map<RuleNumber, number[]>();
    for (const member of sets[i] as readonly number[]) {
      const { bytes, calls } = nfa[member] as NfaNode;
      for (const { first: from, last, to } of bytes) {
        for (
          let kind = kindOf(classes, from);
          kind < classes.length && (classes[kind] as number) <= last;
          kind++
        ) {
          add(targets, kind, to);
        }
      }
      for (const { rule, to } of calls) add(after, rule, to);
    }
    const node = nodes[first + i] as Node;
    for (const [kind, members] of targets) node.moves.set(kind, numberOf(members));
    for (const [rule, members] of after) node.calls.push({ rule, to: numberOf(members) });
  }
}

function add<K>(lists: Map<K, number[]>, key: K, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** The class that begins at a byte. */
function kindOf(classes: readonly number[], byte: number): number {
  let [low, high] = [0, classes.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((classes[middle] as number) <= byte) low = middle;
    else high = middle - 1;
  }
  return low;
}

function closure(nfa: readonly NfaNode[], members: readonly number[]): number[] {
  const seen = new Set(members);
  for (const member of seen) for (const to of nfa[member]?.free ?? []) seen.add(to);
  // Nodes without a step of their own change nothing.
  return [...seen]
    .filter((i) => i === 1 || (nfa[i]?.bytes.length ?? 0) + (nfa[i]?.calls.length ?? 0) > 0)
    .sort((a, b) => a - b);
}

/** The fewest bytes from each node to the end of its rule; Infinity where none leads there. */
function costsOf(nodes: readonly Node[], starts: readonly number[]): Float64Array {
  const costs = new Float64Array(nodes.length).fill(Infinity);
  const costOf = (node: number) => costs[node] as number;
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = nodes.length - 1; i >= 0; i--) {
      const { moves, calls, loop, ends } = nodes[i] as Node;
      let least = ends ? 0 : Infinity;
      if (loop !== undefined) least = loop.least === 0 ? 0 : loop.least * costOf(starts[loop.of] as number);
      for (const to of moves.values()) least = Math.min(least, 1 + costOf(to));
      for (const { rule, to } of calls) least = Math.min(least, costOf(starts[rule] as number) + costOf(to));
      if (least >= costOf(i)) continue;
      costs[i] = least;
      changed = true;
    }
  }
  return costs;
}

/** A rule that calls itself before it takes a byte would never take one. */
function refuseLeftRecursion(
  bodies: readonly NamedBody[],
  nodes: readonly Node[],
  starts: readonly number[],
  costs: Float64Array,
  fault: (problem: string) => Error,
): void {
  const finished = new Set<RuleNumber>();
  const open = new Set<RuleNumber>();
  const visit = (rule: RuleNumber): void => {
    if (finished.has(rule)) return;
    if (open.has(rule)) throw fault(`the rule ${nameOf(bodies, [...open, rule])} begins with itself`);
    open.add(rule);
    const reached = new Set([starts[rule] as number]);
    for (const i of reached) {
      const { calls, loop } = nodes[i] as Node;
      if (loop !== undefined) visit(loop.of);
      for (const call of calls) {
        visit(call.rule);
        if (costs[starts[call.rule] as number] === 0) reached.add(call.to);
      }
    }
    open.delete(rule);
    finished.add(rule);
  };
  for (const rule of bodies.keys()) visit(rule);
}

const nameOf = (bodies: readonly NamedBody[], rules: readonly RuleNumber[]): string =>
  rules.map((rule) => bodies[rule]?.name ?? "").findLast((name) => name !== "a repetition") ?? "root";
