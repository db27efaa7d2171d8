/** The methods of lists, tuples and dicts that change nothing: a template may not change what it gets. */
import { Given } from "../values/arguments.ts";
import { equal } from "../values/operations.ts";
import { fail } from "../values/template-error.ts";
import { type CallArguments, Callable, Dict, Iteration, List, NONE, type Value } from "../values/values.ts";

type Methods<T> = Readonly<Record<string, (object: T, given: CallArguments) => Value>>;

const pair = ([key, value]: readonly [Value, Value]) => new List([key, value], "tuple");

const ofDicts: Methods<Dict> = {
  items: (dict) => new Iteration("dict_items", dict.entries.map(pair), false),
  keys: (dict) =>
    new Iteration(
      "dict_keys",
      dict.entries.map(([key]) => key),
      false,
    ),
  values: (dict) =>
    new Iteration(
      "dict_values",
      dict.entries.map(([, value]) => value),
      false,
    ),
  copy: (dict) => dict,
  get: (dict, given) => {
    const bound = new Given("dict.get()", given, ["key", "default"]);
    return dict.get(bound.needed("key")) ?? bound.get("default") ?? NONE;
  },
};

const ofLists: Methods<List> = {
  copy: (list) => list,
  count: ({ items }, given) => {
    const wanted = new Given("list.count()", given, ["value"]).needed("value");
    return BigInt(items.filter((item) => equal(item, wanted)).length);
  },
  index: ({ items }, given) => {
    const wanted = new Given("list.index()", given, ["value"]).needed("value");
    const at = items.findIndex((item) => equal(item, wanted));
    return at < 0 ? fail("type", "the value is not in the list") : BigInt(at);
  },
};

/** Methods that change their object: Jinja's sandbox forbids them. */
const CHANGING: Readonly<Record<string, readonly string[]>> = {
  dict: ["clear", "pop", "popitem", "setdefault", "update"],
  list: ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"],
};

export function containerMethod(object: Value, name: string): Value | undefined {
  if (object instanceof Dict) return bound(ofDicts, object, name, "dict");
  if (object instanceof List) return bound(ofLists, object, name, object.kind);
  return undefined;
}

function bound<T>(methods: Methods<T>, object: T, name: string, type: string): Value | undefined {
  if (CHANGING[type]?.includes(name)) {
    const problem = `access to attribute '${name}' of '${type}' object is unsafe.`;
    return new Callable(name, () => fail("type", problem));
  }
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  return method === undefined ? undefined : new Callable(name, (given) => method(object, given));
}
