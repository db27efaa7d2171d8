/** The functions that every template may call: Jinja's own, and the additions of Hugging Face's library. */
import { Given } from "../values/arguments.ts";
import { MarkedText } from "../values/marked-text.ts";
import { str } from "../values/printing.ts";
import { fail, TemplateError } from "../values/template-error.ts";
import {
  Attributes,
  type CallArguments,
  Callable,
  Dict,
  Iteration,
  isText,
  itemsOf,
  NONE,
  type Value,
} from "../values/values.ts";
import { strftime } from "./strftime.ts";

/** Jinja's sandbox has the same limit. */
const LONGEST_RANGE = 100_000;

function range(given: CallArguments): Value {
  const bound = new Given("range", given, ["start", "stop", "step"]);
  const first = bound.integer("start") ?? 0;
  const stop = bound.integer("stop");
  const [begin, end, step] = [stop === undefined ? 0 : first, stop ?? first, bound.integer("step") ?? 1];
  if (step === 0) return fail("type", "range() arg 3 must not be zero");
  const count = Math.max(0, Math.ceil((end - begin) / step));
  if (count > LONGEST_RANGE) {
    return fail(
      "limit",
      `Range too big. The sandbox blocks ranges larger than MAX_RANGE (${LONGEST_RANGE}).`,
    );
  }
  return new Iteration(
    "range",
    Array.from({ length: count }, (_, i) => BigInt(begin + i * step)),
    false,
  );
}

/** The entries of dicts and of lists of pairs, then the named ones. */
function dictOf({ positional, named }: CallArguments): Dict {
  const entries: (readonly [Value, Value])[] = [];
  for (const value of positional) {
    if (value instanceof Dict) entries.push(...value.entries);
    else for (const pair of itemsOf(value)) entries.push(pairOf(itemsOf(pair)));
  }
  return new Dict([...entries, ...[...named].map(([name, value]) => [MarkedText.of(name), value] as const)]);
}

const pairOf = ([key = NONE, value = NONE]: readonly Value[]) => [key, value] as const;

function namespace(given: CallArguments): Value {
  const values = new Map(dictOf(given).entries.map(([key, value]) => [str(key).text, value]));
  return new Attributes("Namespace", (name) => values.get(name), {
    set: (name, value) => values.set(name, value),
  });
}

function cycler({ positional: items }: CallArguments): Value {
  let at = 0;
  const current = () => items[at % items.length] ?? NONE;
  const take = new Callable("next", () => {
    const item = current();
    at++;
    return item;
  });
  const reset = new Callable("reset", () => {
    at = 0;
    return NONE;
  });
  const methods = new Map([
    ["next", take],
    ["reset", reset],
  ]);
  return new Attributes("Cycler", (name) => (name === "current" ? current() : methods.get(name)));
}

function joiner(given: CallArguments): Value {
  const separator = new Given("joiner", given, ["sep"]).get("sep") ?? MarkedText.of(", ");
  let isFirst = true;
  return new Callable("joiner", () => {
    const text = isFirst ? MarkedText.of("") : separator;
    isFirst = false;
    return text;
  });
}

function raise(given: CallArguments): never {
  const { text } = str(new Given("raise_exception", given, ["message"]).needed("message"));
  throw new TemplateError("refusal", text);
}

/** @param now the date that `strftime_now` writes */
export function globals(now: Date): Readonly<Record<string, Value>> {
  const functions = { range, dict: dictOf, namespace, cycler, joiner, raise_exception: raise };
  const callables = Object.entries(functions).map(([name, call]) => [name, new Callable(name, call)]);
  const date = new Callable("strftime_now", (given) => {
    const format = new Given("strftime_now", given, ["format"]).needed("format");
    return MarkedText.of(
      strftime(now, isText(format) ? format.text : fail("type", "the format must be str")),
    );
  });
  return { ...Object.fromEntries(callables), strftime_now: date };
}
