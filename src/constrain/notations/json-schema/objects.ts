/**
 * Objects as JSON writes them. Properties that the schema names come in its order; others come after them, and
 * only where the schema speaks of others.
 */
import { choice, type Expression, type GraphNode, literal, sequence } from "../../grammar/expression.ts";
import { type Automaton, accepts, intersect, ofTexts, others } from "../regular/automaton.ts";
import { fault, type Located } from "./keywords.ts";
import { type All, type ObjectShape, ofProperty } from "./shapes.ts";
import { COLON, COMMA, SPACE } from "./space.ts";
import { textOf, textOfLength } from "./strings.ts";

/** Patterns of names; each doubles the kinds of other properties. */
const MOST_PATTERNS = 4;
/** The most states of one object: its named properties, times the number of properties read so far. */
const MOST_STEPS = 20_000;

/** @param valueIn the expression of a value that some schemas allow */
export function objectExpression(
  shape: ObjectShape,
  valueIn: (all: All) => Expression,
  located: Located,
): Expression {
  const names = [
    ...new Set([...shape.rules.flatMap(({ properties }) => [...properties.keys()]), ...shape.required]),
  ];
  const allowed = names.filter((name) => shape.names.every((rule) => accepts(rule, name)));
  if ([...shape.required].some((name) => !allowed.includes(name))) return choice();
  const extra = extras(shape, names, valueIn, located);
  const { least } = shape;
  const counts = least > 1 || Number.isFinite(shape.most);
  // A name that comes twice counts once: with two to count, others are left out.
  const isOpen = extra !== undefined && least <= Math.max(1, shape.required.size);
  if (!isOpen && least > allowed.length) {
    throw fault(located, `minProperties ${least} is supported up to the number of properties with names`);
  }
  const most = counts
    ? Math.min(shape.most, isOpen ? Math.max(least, shape.most) : allowed.length)
    : Infinity;
  const cap = Number.isFinite(most) ? most : Math.max(least, 1);
  if ((allowed.length + 1) * (cap + 1) > MOST_STEPS) throw fault(located, "it counts too many properties");

  const nodes: GraphNode[] = [];
  const at = (property: number, count: number) => property * (cap + 1) + Math.min(count, cap);
  for (let property = 0; property <= allowed.length; property++) {
    for (let count = 0; count <= cap; count++) {
      const isFull = Number.isFinite(most) && count >= most;
      const separator = count > 0 ? COMMA : sequence();
      const name = allowed[property];
      const steps: GraphNode["steps"][number][] = [];
      if (name === undefined) {
        if (isOpen && !isFull) steps.push({ takes: sequence(separator, extra), to: at(property, count + 1) });
        nodes.push({ ends: count >= least, steps });
        continue;
      }
      if (!isFull) {
        const pair = sequence(
          separator,
          literal(JSON.stringify(name)),
          COLON,
          valueIn(ofProperty(shape, name)),
        );
        steps.push({ takes: pair, to: at(property + 1, count + 1) });
      }
      if (!shape.required.has(name)) steps.push({ takes: sequence(), to: at(property + 1, count) });
      nodes.push({ ends: false, steps });
    }
  }
  return sequence(literal("{"), SPACE, { kind: "graph", nodes }, SPACE, literal("}"));
}

/** One property that the schema does not name; undefined if none may come. */
function extras(
  { rules, names }: ObjectShape,
  named: readonly string[],
  valueIn: (all: All) => Expression,
  located: Located,
): Expression | undefined {
  const patterns = rules.flatMap((rule) => rule.patterns);
  const speaks = rules.length === 0 || patterns.length > 0 || rules.some((rule) => rule.others !== undefined);
  if (!speaks) return undefined;
  if (patterns.length > MOST_PATTERNS)
    throw fault(located, `it has more than ${MOST_PATTERNS} patterns of names`);
  const own: Automaton[] = named.length > 0 ? [others(ofTexts(named))] : [];
  const kinds: Expression[] = [];
  for (let chosen = 0; chosen < 1 << patterns.length; chosen++) {
    const isIn = (pattern: (typeof patterns)[number]) => ((chosen >> patterns.indexOf(pattern)) & 1) === 1;
    const tests = patterns.map((pattern) => (isIn(pattern) ? pattern.matches : others(pattern.matches)));
    const all = rules.flatMap((rule) => {
      const matching = rule.patterns.filter(isIn).map(({ schema }) => schema);
      return matching.length > 0 || rule.others === undefined ? matching : [rule.others];
    });
    // A name without a pattern, in rules that say nothing of others.
    if (chosen === 0 && rules.length > 0 && rules.every((rule) => rule.others === undefined)) continue;
    const automata = [...own, ...names, ...tests];
    const name = automata.length === 0 ? textOfLength(0, Infinity) : textOf(automata.reduce(intersect));
    kinds.push(sequence(name, COLON, valueIn(all)));
  }
  return choice(...kinds);
}
