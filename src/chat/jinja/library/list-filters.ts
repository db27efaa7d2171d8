/** Filters of lists. */
import { Given } from "../values/arguments.ts";
import { MarkedText } from "../values/marked-text.ts";
import { add, equal } from "../values/operations.ts";
import { str } from "../values/printing.ts";
import { fail } from "../values/template-error.ts";
import {
  type CallArguments,
  Iteration,
  isText,
  itemsOf,
  List,
  lengthOf,
  NONE,
  Undefined,
  type Value,
} from "../values/values.ts";
import { attributeAt, compareKeys, folded } from "./sorting.ts";

type Filter = (value: Value, given: CallArguments) => Value;

const generated = (items: readonly Value[]) => new Iteration("generator", items);

function join(value: Value, given: CallArguments): Value {
  const bound = new Given("join", given, ["d", "attribute"]);
  const items = itemsOf(value).map((item) => str(attributeAt(item, bound.get("attribute"))));
  const separator = bound.get("d");
  return MarkedText.join(items, separator === undefined ? undefined : str(separator));
}

function sort(value: Value, given: CallArguments): Value {
  const bound = new Given("sort", given, ["reverse", "case_sensitive", "attribute"]);
  const order = compareKeys(bound.flag("case_sensitive"));
  const paths = pathsOf(bound.get("attribute"));
  const sign = bound.flag("reverse") ? -1 : 1;
  const keyed = itemsOf(value).map((item) => [item, paths.map((path) => attributeAt(item, path))] as const);
  const sorted = keyed.toSorted(([, a], [, b]) => {
    for (const [i, key] of a.entries()) {
      const found = order(key, b[i] ?? NONE);
      if (found !== 0) return sign * found;
    }
    return 0;
  });
  return new List(sorted.map(([item]) => item));
}

/** `a,b` sorts by two attributes. */
function pathsOf(attribute: Value | undefined): readonly (Value | undefined)[] {
  if (attribute === undefined || !isText(attribute)) return [attribute];
  return attribute.text.split(",").map((path) => MarkedText.of(path));
}

function unique(value: Value, given: CallArguments): Value {
  const bound = new Given("unique", given, ["case_sensitive", "attribute"]);
  const seen: Value[] = [];
  return generated(
    itemsOf(value).filter((item) => {
      const key = folded(attributeAt(item, bound.get("attribute")), bound.flag("case_sensitive"));
      if (seen.some((other) => equal(other, key))) return false;
      seen.push(key);
      return true;
    }),
  );
}

function groupBy(value: Value, given: CallArguments): Value {
  const bound = new Given("groupby", given, ["attribute", "default", "case_sensitive"]);
  const path = bound.needed("attribute");
  const isCaseSensitive = bound.flag("case_sensitive");
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of itemsOf(sort(value, { positional: [false, isCaseSensitive, path], named: new Map() }))) {
    const key = attributeAt(item, path, bound.get("default"));
    const group = groups.find((group) =>
      equal(folded(group.key, isCaseSensitive), folded(key, isCaseSensitive)),
    );
    if (group === undefined) groups.push({ key, items: [item] });
    else group.items.push(item);
  }
  return new List(groups.map(({ key, items }) => new List([key, new List(items)], "tuple")));
}

const extreme =
  (name: string, sign: number): Filter =>
  (value, given) => {
    const bound = new Given(name, given, ["case_sensitive", "attribute"]);
    const path = bound.get("attribute");
    const order = compareKeys(bound.flag("case_sensitive"));
    const items = itemsOf(value);
    if (items.length === 0) return new Undefined("No aggregated item, sequence was empty.");
    return items.reduce((best, item) =>
      sign * order(attributeAt(item, path), attributeAt(best, path)) < 0 ? item : best,
    );
  };

function sum(value: Value, given: CallArguments): Value {
  const bound = new Given("sum", given, ["attribute", "start"]);
  return itemsOf(value)
    .map((item) => attributeAt(item, bound.get("attribute")))
    .reduce((total, item) => add(total, item), bound.get("start") ?? 0n);
}

function batch(value: Value, given: CallArguments): Value {
  const bound = new Given("batch", given, ["linecount", "fill_with"]);
  const size = Math.max(1, bound.integer("linecount") ?? 1);
  const [items, fill] = [itemsOf(value), bound.get("fill_with")];
  const rows: Value[][] = [];
  for (let at = 0; at < items.length; at += size) rows.push(items.slice(at, at + size));
  const last = rows.at(-1);
  while (fill !== undefined && fill !== NONE && last !== undefined && last.length < size) last.push(fill);
  return generated(rows.map((row) => new List(row)));
}

/** Columns of about equal length. */
function columns(value: Value, given: CallArguments): Value {
  const bound = new Given("slice", given, ["slices", "fill_with"]);
  const count = Math.max(1, bound.integer("slices") ?? 1);
  const [items, fill] = [itemsOf(value), bound.get("fill_with")];
  const [least, longer] = [Math.floor(items.length / count), items.length % count];
  const found = Array.from({ length: count }, (_, i) => {
    const begin = i * least + Math.min(i, longer);
    const column = items.slice(begin, begin + least + (i < longer ? 1 : 0));
    return new List(fill !== undefined && fill !== NONE && i >= longer ? [...column, fill] : column);
  });
  return generated(found);
}

function last(value: Value): Value {
  if (value instanceof Iteration && value.isOnce) return fail("type", "'generator' object is not reversible");
  return itemsOf(value).at(-1) ?? new Undefined("No last item, sequence was empty.");
}

function first(value: Value): Value {
  const item = value instanceof Iteration ? value.first() : itemsOf(value)[0];
  return item ?? new Undefined("No first item, sequence was empty.");
}

function reverse(value: Value): Value {
  if (isText(value)) return MarkedText.join(value.split().reverse());
  return new Iteration("list_reverseiterator", itemsOf(value).toReversed());
}

const length: Filter = (value) => BigInt(lengthOf(value));

export const listFilters: Readonly<Record<string, Filter>> = {
  batch,
  count: length,
  first: (value) => first(value),
  groupby: groupBy,
  join,
  last: (value) => last(value),
  length,
  max: extreme("max", -1),
  min: extreme("min", 1),
  reverse: (value) => reverse(value),
  slice: columns,
  sort,
  sum,
  unique,
};
