/** Filters that apply another filter or a test to each item: map, select, reject and their kin. */
import { Given } from "../values/arguments.ts";
import type { Limits } from "../values/limits.ts";
import { fail } from "../values/template-error.ts";
import { type CallArguments, Iteration, isText, isTrue, itemsOf, type Value } from "../values/values.ts";
import { attributeAt } from "./sorting.ts";
import { tests } from "./tests.ts";

type Filter = (value: Value, given: CallArguments, limits: Limits) => Value;

const rest = ({ positional, named }: CallArguments, from: number): CallArguments => ({
  positional: positional.slice(from),
  named,
});

const nameOf = (value: Value | undefined): string =>
  value !== undefined && isText(value) ? value.text : fail("type", "a filter or test is named by a text");

/** @param filterNamed the filter that `map` applies */
export function mapFilters(filterNamed: (name: string) => Filter): Readonly<Record<string, Filter>> {
  const map: Filter = (value, given, limits) => {
    const items = isTrue(value) ? itemsOf(value) : [];
    limits.step(items.length);
    if (given.positional.length === 0 && given.named.has("attribute")) {
      const bound = new Given("map", given, ["attribute", "default"]);
      const path = bound.needed("attribute");
      return generated(items.map((item) => attributeAt(item, path, bound.get("default"))));
    }
    const filter = filterNamed(nameOf(given.positional[0]));
    return generated(items.map((item) => filter(item, rest(given, 1), limits)));
  };
  return {
    map,
    select: selecting(true, false),
    reject: selecting(false, false),
    selectattr: selecting(true, true),
    rejectattr: selecting(false, true),
  };
}

/** Keeps the items that pass a test, or fail it. Without a test it keeps true items. */
function selecting(wanted: boolean, ofAttribute: boolean): Filter {
  const skipped = ofAttribute ? 1 : 0;
  return (value, given, limits) => {
    const items = isTrue(value) ? itemsOf(value) : [];
    limits.step(items.length);
    const path = ofAttribute ? given.positional[0] : undefined;
    const name = given.positional[skipped];
    const test = name === undefined ? undefined : tests[nameOf(name)];
    if (name !== undefined && test === undefined) return fail("syntax", `No test named '${nameOf(name)}'.`);
    const holds = (item: Value) => test?.(item, rest(given, skipped + 1)) ?? isTrue(item);
    return generated(items.filter((item) => holds(attributeAt(item, path)) === wanted));
  };
}

const generated = (items: readonly Value[]) => new Iteration("generator", items);
