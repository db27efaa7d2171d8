/** Deterministic automata over characters, which can be combined: strings that keep several rules at once. */

import { GptError } from "../../../errors.ts";
import { type CodePoints, codePoints, complement, everyCharacter } from "../../grammar/code-points.ts";
import type { Expression } from "../../grammar/expression.ts";
import type { Pattern } from "../regex/pattern.ts";

interface Step {
  readonly set: CodePoints;
  readonly to: number;
}

/** Node 0 is the start. The sets of a node's steps do not overlap. */
export interface Automaton {
  readonly nodes: readonly { readonly ends: boolean; readonly steps: readonly Step[] }[];
}

const MOST_NODES = 20_000;

function checkSize(count: number): void {
  if (count <= MOST_NODES) return;
  throw new GptError(
    "usage",
    `rules of a text together need more than ${MOST_NODES} nodes: use smaller numbers`,
  );
}

interface NfaNode {
  readonly free: number[];
  readonly steps: Step[];
}

/** The texts that a pattern matches as a whole. Anchors hold: they are at the ends. */
export function automatonOf(pattern: Pattern): Automaton {
  const nodes: NfaNode[] = [];
  const node = (): number => {
    checkSize(nodes.length);
    return nodes.push({ free: [], steps: [] }) - 1;
  };
  const build = (part: Pattern, from: number): number => {
    switch (part.kind) {
      case "characters": {
        const to = node();
        nodes[from]?.steps.push({ set: part.set, to });
        return to;
      }
      case "sequence":
        return part.parts.reduce((at, next) => build(next, at), from);
      case "choice": {
        const to = node();
        for (const option of part.options) nodes[build(option, from)]?.free.push(to);
        return to;
      }
      case "repeat": {
        let at = from;
        for (let i = 0; i < part.least; i++) at = build(part.of, at);
        const end = node();
        nodes[at]?.free.push(end);
        if (Number.isFinite(part.most)) {
          for (let i = part.least; i < part.most; i++) {
            at = build(part.of, at);
            nodes[at]?.free.push(end);
          }
          return end;
        }
        const after = build(part.of, end);
        nodes[after]?.free.push(end);
        const out = node();
        nodes[end]?.free.push(out);
        return out;
      }
      default:
        return from;
    }
  };
  const start = node();
  return determinized(nodes, start, build(pattern, start));
}

function determinized(nfa: readonly NfaNode[], start: number, end: number): Automaton {
  const numbers = new Map<string, number>();
  const sets: (readonly number[])[] = [];
  const numberOf = (members: Iterable<number>): number => {
    const reached = new Set(members);
    for (const member of reached) for (const to of nfa[member]?.free ?? []) reached.add(to);
    const set = [...reached].sort((a, b) => a - b);
    const key = set.join();
    const known = numbers.get(key) ?? sets.push(set) - 1;
    numbers.set(key, known);
    checkSize(known);
    return known;
  };
  numberOf([start]);
  const nodes: Automaton["nodes"][number][] = [];
  for (let i = 0; i < sets.length; i++) {
    const members = sets[i] as readonly number[];
    const steps = disjoint(members.flatMap((member) => nfa[member]?.steps ?? []));
    nodes.push({
      ends: members.includes(end),
      steps: steps.map(({ set, to }) => ({ set, to: numberOf(to) })),
    });
  }
  return { nodes };
}

/** Steps whose sets do not overlap, each with all nodes that it leads to. */
function disjoint(steps: readonly Step[]): { readonly set: CodePoints; readonly to: readonly number[] }[] {
  const cuts = new Set<number>();
  for (const { set } of steps) for (const [first, last] of set) cuts.add(first).add(last + 1);
  const sorted = [...cuts].sort((a, b) => a - b);
  const byTargets = new Map<
    string,
    { readonly ranges: [number, number][]; readonly to: readonly number[] }
  >();
  for (const [i, first] of sorted.slice(0, -1).entries()) {
    const to = steps.filter(({ set }) => has(set, first)).map((step) => step.to);
    if (to.length === 0) continue;
    const entry = byTargets.get(to.join()) ?? { ranges: [], to };
    byTargets.set(to.join(), entry);
    entry.ranges.push([first, (sorted[i + 1] as number) - 1]);
  }
  return [...byTargets.values()].map(({ ranges, to }) => ({ set: codePoints(ranges), to }));
}

const has = (set: CodePoints, code: number): boolean =>
  set.some(([first, last]) => first <= code && code <= last);

/** The texts of both. */
export function intersect(a: Automaton, b: Automaton): Automaton {
  const numbers = new Map<string, number>([["0,0", 0]]);
  const pairs: (readonly [number, number])[] = [[0, 0]];
  const nodes: Automaton["nodes"][number][] = [];
  for (let i = 0; i < pairs.length; i++) {
    checkSize(i);
    const [left, right] = pairs[i] as readonly [number, number];
    const [one, other] = [a.nodes[left], b.nodes[right]];
    const steps: Step[] = [];
    for (const { set, to } of one?.steps ?? []) {
      for (const step of other?.steps ?? []) {
        const both = intersection(set, step.set);
        if (both.length === 0) continue;
        const key = `${to},${step.to}`;
        const number = numbers.get(key) ?? pairs.push([to, step.to]) - 1;
        numbers.set(key, number);
        steps.push({ set: both, to: number });
      }
    }
    nodes.push({ ends: one?.ends === true && other?.ends === true, steps });
  }
  return { nodes };
}

/** The characters that are in both sets. */
const intersection = (a: CodePoints, b: CodePoints): CodePoints =>
  complement(codePoints([...complement(a), ...complement(b)]));

/** All texts of characters that an automaton does not have. */
export function others({ nodes }: Automaton): Automaton {
  const sink = nodes.length;
  const flipped = nodes.map(({ ends, steps }) => {
    const rest = complement(codePoints(steps.flatMap(({ set }) => set)));
    return { ends: !ends, steps: rest.length === 0 ? steps : [...steps, { set: rest, to: sink }] };
  });
  return { nodes: [...flipped, { ends: true, steps: [{ set: everyCharacter, to: sink }] }] };
}

/** The texts of either. */
export const union = (a: Automaton, b: Automaton): Automaton => others(intersect(others(a), others(b)));

/** Texts of a number of characters; `most` may be Infinity. */
export function ofLength(least: number, most: number): Automaton {
  const last = Number.isFinite(most) ? most : least;
  checkSize(last);
  const nodes = Array.from({ length: last + 1 }, (_, i) => {
    const to = i < last ? i + 1 : Number.isFinite(most) ? undefined : i;
    return { ends: i >= least, steps: to === undefined ? [] : [{ set: everyCharacter, to }] };
  });
  return { nodes };
}

/** These texts. */
export const ofTexts = (texts: readonly string[]): Automaton =>
  automatonOf({
    kind: "choice",
    options: texts.map((text) => ({
      kind: "sequence",
      parts: Array.from(text, (mark) => {
        const code = mark.codePointAt(0) as number;
        return { kind: "characters", set: codePoints([[code, code]]) } as const;
      }),
    })),
  });

export function accepts({ nodes }: Automaton, text: string): boolean {
  let at: number | undefined = 0;
  for (const mark of text) {
    const code = mark.codePointAt(0) as number;
    at = nodes[at]?.steps.find(({ set }) => has(set, code))?.to;
    if (at === undefined) return false;
  }
  return nodes[at]?.ends === true;
}

/** @param spell how a character of a set is written */
export const automatonExpression = (
  { nodes }: Automaton,
  spell: (set: CodePoints) => Expression,
): Expression => ({
  kind: "graph",
  nodes: nodes.map(({ ends, steps }) => ({
    ends,
    steps: steps.map(({ set, to }) => ({ takes: spell(set), to })),
  })),
});
