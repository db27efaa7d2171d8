/** `value.name` and `value[key]`. */

import { MarkedText } from "../values/marked-text.ts";
import { repr } from "../values/printing.ts";
import { fail } from "../values/template-error.ts";
import {
  Attributes,
  Dict,
  defined,
  Iteration,
  isText,
  List,
  NONE,
  typeName,
  Undefined,
  type Value,
} from "../values/values.ts";
import { containerMethod } from "./container-methods.ts";
import { textMethod } from "./text-methods.ts";

/** An attribute, else the item of that name. */
export function attributeOf(value: Value, name: string): Value {
  const object = defined(value);
  const found = ownAttribute(object, name) ?? (object instanceof Dict ? object.named(name) : undefined);
  return found ?? missing(object, name);
}

/** An item, else, for a str, the attribute of that name. */
export function itemAt(value: Value, key: Value): Value {
  const object = defined(value);
  if (object instanceof Dict) {
    const item = object.get(key);
    if (item !== undefined) return item;
  } else if (typeof key === "bigint" || typeof key === "boolean") {
    const item = at(object, Number(key));
    if (item !== undefined) return item;
  }
  if (isText(key)) return ownAttribute(object, key.text) ?? missing(object, key.text);
  if (key instanceof Undefined) return defined(key);
  return new Undefined(`${describe(object)} has no element ${repr(key).text}`);
}

function ownAttribute(object: Value, name: string): Value | undefined {
  if (isText(object)) return textMethod(object, name);
  if (object instanceof Attributes) return object.get(name);
  return containerMethod(object, name);
}

function at(object: Value, index: number): Value | undefined {
  if (isText(object)) {
    const place = index < 0 ? index + object.count : index;
    const character = place < 0 ? MarkedText.of("") : object.characters(place, place + 1);
    return character.length > 0 ? character : undefined;
  }
  const items = sequence(object);
  return items?.at(index);
}

const sequence = (object: Value): readonly Value[] | undefined => {
  if (object instanceof List) return object.items;
  return object instanceof Iteration && object.kind === "range" ? object.items : undefined;
};

const describe = (object: Value): string => (object === NONE ? "None" : `${typeName(object)} object`);

const missing = (object: Value, name: string): Undefined =>
  new Undefined(`'${describe(object)}' has no attribute '${name}'`);

/** `value[begin:end:step]`, for texts, lists and tuples. */
export function sliceOf(value: Value, bounds: readonly (Value | undefined)[]): Value {
  const object = defined(value);
  const items = isText(object) ? undefined : sequence(object);
  if (!isText(object) && items === undefined) {
    return fail("type", `'${typeName(object)}' object is not subscriptable`);
  }
  const [begin, end, step = 1] = bounds.map((bound) => {
    if (bound === undefined || bound === NONE) return undefined;
    if (typeof bound === "bigint" || typeof bound === "boolean") return Number(bound);
    return fail("type", "slice indices must be integers or None or have an __index__ method");
  });
  if (step === 0) return fail("type", "slice step cannot be zero");
  const length = isText(object) ? object.count : (items?.length ?? 0);
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const placed = (bound: number | undefined, otherwise: number) => {
    if (bound === undefined) return otherwise;
    return Math.min(high, Math.max(low, bound < 0 ? bound + length : bound));
  };
  const [from, to] =
    step > 0 ? [placed(begin, 0), placed(end, length)] : [placed(begin, high), placed(end, -1)];
  if (isText(object) && step === 1) return object.characters(from, Math.max(from, to));
  const all = isText(object) ? object.split() : (items ?? []);
  const chosen: Value[] = [];
  for (let i = from; step > 0 ? i < to : i > to; i += step) chosen.push(all[i] ?? NONE);
  if (isText(object)) return MarkedText.join(chosen.filter(isText));
  return new List(chosen, object instanceof List ? object.kind : "list");
}
