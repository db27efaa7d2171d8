/**
 * `unevaluatedProperties` and `unevaluatedItems`: what no other keyword has evaluated. A shape has taken one
 * option of each `anyOf`, `oneOf` and `if`. Its rules are those of the keywords that apply.
 */
import type { Located } from "./keywords.ts";
import type { ListShape, ObjectShape, Shape } from "./shapes.ts";

const anything = (pointer: string): Located => ({ schema: true, pointer: `${pointer} true` });

export function withUnevaluated(
  shape: Shape,
  properties: Located | undefined,
  items: Located | undefined,
): Shape {
  if (shape.kind === "object" && properties !== undefined) return ofObject(shape, properties);
  return shape.kind === "list" && items !== undefined ? ofList(shape, items) : shape;
}

function ofObject(shape: ObjectShape, others: Located): Shape {
  const applied = shape.rules.filter(({ evaluates }) => evaluates);
  if (applied.some((rule) => rule.others !== undefined)) return shape;
  const any = anything(others.pointer);
  const names = applied.flatMap(({ properties }) => [...properties.keys()]);
  const patterns = applied.flatMap((rule) => rule.patterns.map(({ matches }) => ({ matches, schema: any })));
  const properties = new Map(names.map((name) => [name, any]));
  return { ...shape, rules: [...shape.rules, { properties, patterns, others, evaluates: true }] };
}

function ofList(shape: ListShape, rest: Located): Shape {
  const applied = shape.rules.filter(({ evaluates }) => evaluates);
  if (applied.some((rule) => rule.rest !== undefined)) return shape;
  const length = Math.max(0, ...applied.map(({ prefix }) => prefix.length));
  const prefix = Array.from({ length }, () => anything(rest.pointer));
  return { ...shape, rules: [...shape.rules, { prefix, rest, evaluates: true }] };
}

/** Shapes of what must not hold, or decides only: they evaluate nothing. */
export const silent = (shapes: readonly Shape[]): readonly Shape[] =>
  shapes.map((shape) => {
    if (shape.kind === "object") {
      return { ...shape, rules: shape.rules.map((rule) => ({ ...rule, evaluates: false })) };
    }
    if (shape.kind !== "list") return shape;
    return { ...shape, rules: shape.rules.map((rule) => ({ ...rule, evaluates: false })) };
  });
