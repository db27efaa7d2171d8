/** Keys of items, and their order. */

import { lower } from "../values/letter-case.ts";
import { MarkedText } from "../values/marked-text.ts";
import { compare } from "../values/operations.ts";
import { isText, NONE, Undefined, type Value } from "../values/values.ts";
import { itemAt } from "./attributes.ts";

/** Texts compare without regard to their case, unless it counts. */
export const folded = (value: Value, isCaseSensitive: boolean): Value =>
  isText(value) && !isCaseSensitive ? lower(value) : value;

export const compareKeys = (isCaseSensitive: boolean) => (a: Value, b: Value) =>
  compare(folded(a, isCaseSensitive), folded(b, isCaseSensitive));

/** `function.name` of an item, whose parts may be places of a list. Without attributes the item itself. */
export function attributeAt(item: Value, path: Value | undefined, otherwise?: Value): Value {
  if (path === undefined || path === NONE) return item;
  if (!isText(path)) return itemAt(item, path);
  let value = item;
  for (const part of path.text.split(".")) {
    value = itemAt(value, /^\d+$/.test(part) ? BigInt(part) : MarkedText.of(part));
    if (value instanceof Undefined && otherwise !== undefined) return otherwise;
  }
  return value;
}
