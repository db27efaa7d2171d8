/** Whether a value keeps a shape. */
import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type JsonValue } from "../../../files/json.ts";
import { accepts } from "../regular/automaton.ts";
import { holdsNumber } from "./kinds.ts";
import { type All, type ListShape, ofItem, ofProperty, type Shape } from "./shapes.ts";

/** @param keeps whether a value inside keeps some schemas */
export function holds(
  value: JsonValue,
  shape: Shape,
  keeps: (value: JsonValue, all: All) => boolean,
): boolean {
  switch (shape.kind) {
    case "values":
      return shape.values.some((other) => isDeepStrictEqual(value, other));
    case "null":
      return value === null;
    case "number":
      return holdsNumber(value, shape);
    case "string": {
      if (typeof value !== "string") return false;
      const { length } = [...value];
      return (
        length >= shape.least && length <= shape.most && shape.patterns.every((rule) => accepts(rule, value))
      );
    }
    case "list":
      return Array.isArray(value) && holdsItems(value, shape, keeps);
    case "object": {
      if (!isJsonObject(value)) return false;
      const entries = Object.entries(value);
      if (entries.length < shape.least || entries.length > shape.most) return false;
      if (![...shape.required].every((name) => Object.hasOwn(value, name))) return false;
      return entries.every(
        ([name, item]) =>
          shape.names.every((rule) => accepts(rule, name)) && keeps(item ?? null, ofProperty(shape, name)),
      );
    }
  }
}

function holdsItems(
  items: readonly JsonValue[],
  shape: ListShape,
  keeps: (value: JsonValue, all: All) => boolean,
): boolean {
  if (items.length < shape.least || items.length > shape.most) return false;
  const isDouble = (item: JsonValue, i: number) =>
    items.slice(0, i).some((other) => isDeepStrictEqual(item, other));
  if (shape.isSet && items.some(isDouble)) return false;
  const areContained = shape.contains.every(({ item, least, most }) => {
    const count = items.filter((own) => keeps(own, [item])).length;
    return count >= least && count <= most;
  });
  return areContained && items.every((item, i) => keeps(item, ofItem(shape, i)));
}
