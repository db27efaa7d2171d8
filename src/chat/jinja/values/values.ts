/** The values of a template, as Python has them: int is a bigint, float a number, str a MarkedText. */
import type { MarkedText } from "./marked-text.ts";
import { fail } from "./template-error.ts";

class None {
  readonly kind = "NoneType";
}

/** Python's None. It is no `null`, so that `??` tells it from a value that is not there. */
export const NONE = new None();

export type Value =
  | None
  | boolean
  | bigint
  | number
  | MarkedText
  | List
  | Dict
  | Iteration
  | Undefined
  | Callable
  | Attributes;

/** A list or a tuple. Templates cannot change it. */
export class List {
  readonly items: readonly Value[];
  readonly kind: "list" | "tuple";

  constructor(items: readonly Value[], kind: "list" | "tuple" = "list") {
    this.items = items;
    this.kind = kind;
  }
}

/** An iterator, which is true and yields its items once, or a view or range, which is like a list. */
export class Iteration {
  readonly kind: string;
  readonly #items: readonly Value[];
  readonly isOnce: boolean;
  #isSpent = false;

  constructor(kind: string, items: readonly Value[], isOnce = true) {
    this.kind = kind;
    this.#items = items;
    this.isOnce = isOnce;
  }

  /** The items; none after the first call if it yields them once. */
  take(): readonly Value[] {
    if (this.#isSpent) return [];
    this.#isSpent = this.isOnce;
    return this.#items;
  }

  /** The items of a view or a range. */
  get items(): readonly Value[] | undefined {
    return this.isOnce ? undefined : this.#items;
  }

  /** Takes the first item only. */
  first(): Value | undefined {
    if (!this.isOnce) return this.#items[0];
    return this.take()[0];
  }
}

/** A key of a dict: its value, and what tells it from others. */
function keyOf(key: Value): string | undefined {
  if (isText(key)) return `s${key.text}`;
  if (key === NONE) return "n";
  if (typeof key === "boolean") return `i${Number(key)}`;
  if (typeof key === "bigint" || typeof key === "number") return `i${key}`;
  if (key instanceof List && key.kind === "tuple") return `t${JSON.stringify(key.items.map(keyOf))}`;
  return undefined;
}

const hashed = (key: Value): string => keyOf(key) ?? fail("type", `unhashable type: '${typeName(key)}'`);

export class Dict {
  readonly #entries = new Map<string, readonly [Value, Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    for (const [key, value] of entries) {
      const name = hashed(key);
      this.#entries.set(name, [this.#entries.get(name)?.[0] ?? key, value]);
    }
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(keyOf(key) ?? "")?.[1];
  }

  /** The value of a str. */
  named(name: string): Value | undefined {
    return this.#entries.get(`s${name}`)?.[1];
  }

  has(key: Value): boolean {
    return this.#entries.has(hashed(key));
  }

  get size(): number {
    return this.#entries.size;
  }

  get entries(): readonly (readonly [Value, Value])[] {
    return [...this.#entries.values()];
  }
}

/** A name, key or attribute that is not there. It prints as nothing; most uses of it fail with its words. */
export class Undefined {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

export interface CallArguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

export class Callable {
  readonly name: string;
  readonly call: (given: CallArguments) => Value;

  constructor(name: string, call: (given: CallArguments) => Value) {
    this.name = name;
    this.call = call;
  }
}

/** An object with attributes: a namespace, which `set` may change, `loop`, a cycler. */
export class Attributes {
  readonly kind: string;
  readonly get: (name: string) => Value | undefined;
  /** Only a namespace has it. */
  readonly set: ((name: string, value: Value) => void) | undefined;
  /** Only `loop` of a recursive loop has it. */
  readonly call: ((given: CallArguments) => Value) | undefined;

  constructor(
    kind: string,
    get: (name: string) => Value | undefined,
    { set, call }: Pick<Partial<Attributes>, "set" | "call"> = {},
  ) {
    this.kind = kind;
    this.get = get;
    this.set = set;
    this.call = call;
  }
}

export const isText = (value: Value): value is MarkedText => typeof value === "object" && "runs" in value;

/** The name of a value's type in Python. */
export function typeName(value: Value): string {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "float";
  if (isText(value)) return "str";
  if (value instanceof Dict) return "dict";
  if (value instanceof Undefined) return "Undefined";
  if (value instanceof Callable) return "function";
  return value.kind;
}

/** As Python's `bool`. */
export function isTrue(value: Value): boolean {
  if (value === NONE || value instanceof Undefined) return false;
  if (typeof value === "boolean") return value;
  if (typeof value === "bigint") return value !== 0n;
  if (typeof value === "number") return value !== 0;
  if (isText(value)) return value.text !== "";
  if (value instanceof List) return value.items.length > 0;
  if (value instanceof Dict) return value.size > 0;
  if (value instanceof Iteration) return value.items?.length !== 0;
  return true;
}

/** Fails with the words of an undefined value; any other value passes. */
export function defined(value: Value): Exclude<Value, Undefined> {
  return value instanceof Undefined ? fail("undefined", value.problem) : value;
}

/** The items that a loop over the value yields. */
export function itemsOf(value: Value): readonly Value[] {
  if (value instanceof List) return value.items;
  if (value instanceof Iteration) return value.take();
  if (value instanceof Dict) return value.entries.map(([key]) => key);
  if (value instanceof Undefined) return [];
  if (isText(value)) return value.split();
  return fail("type", `'${typeName(value)}' object is not iterable`);
}

/** As Python's `len`. */
export function lengthOf(value: Value): number {
  if (value instanceof List) return value.items.length;
  if (value instanceof Dict) return value.size;
  if (value instanceof Undefined) return 0;
  if (isText(value)) return value.count;
  if (value instanceof Iteration && value.items !== undefined) return value.items.length;
  return fail("type", `object of type '${typeName(value)}' has no len()`);
}
