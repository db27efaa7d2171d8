/** The filters of Jinja, by name. Filters of texts and of lists have files of their own. */
import { Given } from "../values/arguments.ts";
import { toJson } from "../values/json.ts";
import type { Limits } from "../values/limits.ts";
import { MarkedText } from "../values/marked-text.ts";
import { fail } from "../values/template-error.ts";
import {
  type CallArguments,
  Dict,
  Iteration,
  isTrue,
  itemsOf,
  List,
  Undefined,
  type Value,
} from "../values/values.ts";
import { attributeOf } from "./attributes.ts";
import { listFilters } from "./list-filters.ts";
import { mapFilters } from "./map-filters.ts";
import { numberFilters } from "./number-filters.ts";
import { compareKeys } from "./sorting.ts";
import { textFilters } from "./text-filters.ts";

export type Filter = (value: Value, given: CallArguments, limits: Limits) => Value;

function otherwise(value: Value, given: CallArguments): Value {
  const bound = new Given("default", given, ["default_value", "boolean"]);
  const isMissing = value instanceof Undefined || (bound.flag("boolean") && !isTrue(value));
  return isMissing ? (bound.get("default_value") ?? MarkedText.of("")) : value;
}

function dictSort(value: Value, given: CallArguments): Value {
  if (!(value instanceof Dict)) return fail("type", "dictsort needs a dict");
  const bound = new Given("dictsort", given, ["case_sensitive", "by", "reverse"]);
  const place = bound.text("by")?.text === "value" ? 1 : 0;
  const order = compareKeys(bound.flag("case_sensitive"));
  const sorted = value.entries.toSorted((a, b) => order(a[place], b[place]));
  const pairs = bound.flag("reverse") ? sorted.reverse() : sorted;
  return new List(pairs.map((pair) => new List(pair, "tuple")));
}

function items(value: Value): Value {
  if (value instanceof Undefined) return new Iteration("generator", []);
  if (!(value instanceof Dict)) return fail("type", "Can only get item pairs from a mapping.");
  return new Iteration(
    "generator",
    value.entries.map((pair) => new List(pair, "tuple")),
  );
}

const attribute: Filter = (value, given) =>
  attributeOf(value, new Given("attr", given, ["name"]).text("name")?.text ?? "");

export const filters: Readonly<Record<string, Filter>> = Object.assign(Object.create(null), {
  ...textFilters,
  ...numberFilters,
  ...listFilters,
  ...mapFilters((name) => filters[name] ?? fail("syntax", `No filter named '${name}'.`)),
  attr: attribute,
  d: otherwise,
  default: otherwise,
  dictsort: dictSort,
  items,
  list: (value: Value) => new List(itemsOf(value)),
  tojson: toJson,
});
