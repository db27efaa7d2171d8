/** Texts up to a tag, and texts without some tags, as automata (Aho and Corasick 1975). */
import { type CodePoints, codePoints, complement } from "../grammar/code-points.ts";
import { character, type Expression, type GraphNode } from "../grammar/expression.ts";

export interface FreeText {
  /** Tags that the text does not hold. */
  readonly without: readonly string[];
  /** One character that the text does not begin with, nor after white space. */
  readonly begin?: string | undefined;
}

/** Any text that ends with the first occurrence of a tag. */
export function upTo(tag: string): Expression {
  const { nodes } = searchOf([tag]);
  return { kind: "graph", nodes: [...nodes, { ends: true, steps: [] }] };
}

/** Any text without some tags. */
export function freeText({ without, begin }: FreeText): Expression {
  const { nodes, stepsFrom } = searchOf(without);
  const found = nodes.length;
  const ending = (steps: GraphNode["steps"]) => ({
    ends: true,
    steps: steps.filter(({ to }) => to !== found),
  });
  const body = nodes.map(({ steps }) => ending(steps));
  if (begin === undefined) return { kind: "graph", nodes: body };
  // A node more, which is not left while there is nothing but white space.
  const start = body.length;
  const { steps } = ending(stepsFrom("", codePoints([...whiteSpace, ...only(begin)])));
  const first = { ends: true, steps: [{ takes: character(whiteSpace), to: start }, ...steps] };
  return { kind: "graph", nodes: withFirst([...body, first], start) };
}

interface Search {
  /**
   * One for each beginning of a tag that the text may end with. The node behind the last one follows a tag.
   */
  readonly nodes: readonly GraphNode[];
  /** The steps after a beginning of a tag. @param left characters that are left out */
  stepsFrom(beginning: string, left?: CodePoints): GraphNode["steps"];
}

function searchOf(tags: readonly string[]): Search {
  const beginnings = ["", ...tags.flatMap((tag) => [...tag].map((_, i, all) => all.slice(0, i).join("")))];
  const known = [...new Set(beginnings)];
  const marks = [...new Set(tags.flatMap((tag) => [...tag]))];
  const after = (beginning: string, mark: string): number => {
    const seen = [...beginning, mark];
    if (tags.some((tag) => seen.join("").endsWith(tag))) return known.length;
    const ends = seen.map((_, i) => known.indexOf(seen.slice(i).join("")));
    return ends.find((node) => node >= 0) ?? 0;
  };
  const stepsFrom = (beginning: string, left: CodePoints = []) => {
    const others = complement(codePoints([...marks.flatMap(only), ...left]));
    const isLeft = (mark: string) => left.some(([first, last]) => isWithin(mark, first, last));
    const own = marks.filter((mark) => !isLeft(mark));
    return [
      { takes: character(others), to: 0 },
      ...own.map((mark) => ({ takes: character(only(mark)), to: after(beginning, mark) })),
    ];
  };
  const nodes = known.map((beginning) => ({ ends: false, steps: stepsFrom(beginning) }));
  return { nodes, stepsFrom };
}

/** The same graph, whose paths begin at another node. */
function withFirst(nodes: readonly GraphNode[], first: number): readonly GraphNode[] {
  const place = (node: number) => (node === first ? 0 : node < first ? node + 1 : node);
  const order = [first, ...nodes.keys()].filter((node, i) => i === 0 || node !== first);
  return order.map((node) => {
    const { ends, steps } = nodes[node] as GraphNode;
    return { ends, steps: steps.map(({ takes, to }) => ({ takes, to: place(to) })) };
  });
}

const only = (mark: string): CodePoints => {
  const code = mark.codePointAt(0) as number;
  return codePoints([[code, code]]);
};

const isWithin = (mark: string, first: number, last: number): boolean => {
  const code = mark.codePointAt(0) as number;
  return first <= code && code <= last;
};

/** As trimStart takes it away. */
const whiteSpace = codePoints([
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]);
