/** Lists that count the items which keep a schema: `contains`, `minContains`, `maxContains`. */
import { type Expression, type GraphNode, literal, sequence } from "../../grammar/expression.ts";
import { fault, type Located, opposite } from "./keywords.ts";
import { type All, type ListShape, ofItem } from "./shapes.ts";
import { COMMA, SPACE } from "./space.ts";

/** The most states of the graph of one list: one for each place and each count of items. */
const MOST_STEPS = 20_000;

/** @param valueIn the expression of a value that some schemas allow */
export function countedList(
  shape: ListShape,
  valueIn: (all: All) => Expression,
  located: Located,
): Expression {
  const { least, most, rules } = shape;
  const [contained, second] = shape.contains;
  if (contained === undefined || second !== undefined || (shape.isSet && most > 1))
    throw fault(located, "contains goes without another contains and without uniqueItems");
  const isBounded = Number.isFinite(contained.most);
  const cap = isBounded ? contained.most : contained.least;
  // From the last place on all items are alike.
  const places = Math.max(
    1,
    least,
    Number.isFinite(most) ? most : 0,
    ...rules.map((rule) => rule.prefix.length),
  );
  if ((places + 1) * (cap + 1) > MOST_STEPS) throw fault(located, "it counts too many items");

  const nodes: GraphNode[] = [];
  const at = (place: number, count: number) => Math.min(place, places) * (cap + 1) + Math.min(count, cap);
  for (let place = 0; place <= places; place++) {
    const own = ofItem(shape, place);
    const next = (...more: readonly Located[]) =>
      sequence(...(place > 0 ? [COMMA] : []), valueIn([...own, ...more]));
    for (let count = 0; count <= cap; count++) {
      const steps: GraphNode["steps"][number][] = [];
      if (place < most) {
        if (count < cap) steps.push({ takes: next(contained.item), to: at(place + 1, count + 1) });
        // Without an upper bound an item that counts may as well be passed over.
        const more = isBounded ? [opposite(contained.item)] : [];
        steps.push({ takes: next(...more), to: at(place + 1, count) });
      }
      nodes.push({ ends: place >= least && count >= contained.least, steps });
    }
  }
  return sequence(literal("["), SPACE, { kind: "graph", nodes }, SPACE, literal("]"));
}
