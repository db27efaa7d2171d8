/** Operators of expressions, as Python has them. */
import { escaped } from "./escaping.ts";
import { formatPercent } from "./formatting.ts";
import { checkLength } from "./limits.ts";
import { MarkedText } from "./marked-text.ts";
import { str } from "./printing.ts";
import { fail } from "./template-error.ts";
import {
  Attributes,
  Callable,
  Dict,
  defined,
  Iteration,
  isText,
  itemsOf,
  List,
  NONE,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

/** int or float; a bool counts as an int. Undefined for anything else. */
function numberOf(value: Value): bigint | number | undefined {
  if (typeof value === "boolean") return BigInt(value);
  return typeof value === "bigint" || typeof value === "number" ? value : undefined;
}

const MOST_BITS = 4096n;

type Arithmetic = (a: Value, b: Value) => Value;

function unsupported(operator: string, a: Value, b: Value): never {
  const types = `'${typeName(a)}' and '${typeName(b)}'`;
  return fail("type", `unsupported operand type(s) for ${operator}: ${types}`);
}

function arithmetic(
  operator: string,
  ofInts: (a: bigint, b: bigint) => Value,
  ofFloats: (a: number, b: number) => number,
  otherwise: Arithmetic = (a, b) => unsupported(operator, a, b),
): Arithmetic {
  return (left, right) => {
    const [a, b] = [numberOf(defined(left)), numberOf(defined(right))];
    if (a === undefined || b === undefined) return otherwise(left, right);
    return typeof a === "bigint" && typeof b === "bigint" ? ofInts(a, b) : ofFloats(Number(a), Number(b));
  };
}

function joined(a: Value, b: Value): Value {
  if (isText(a)) {
    if (!isText(b)) return fail("type", `can only concatenate str (not "${typeName(b)}") to str`);
    checkLength(a.length + b.length);
    if (!a.isSafe && !b.isSafe) return MarkedText.join([a, b]);
    return MarkedText.join([escaped(a), escaped(b)]).marked(true);
  }
  if (a instanceof List && b instanceof List && a.kind === b.kind) {
    checkLength(a.items.length + b.items.length);
    return new List([...a.items, ...b.items], a.kind);
  }
  if (a instanceof List)
    return fail("type", `can only concatenate ${a.kind} (not "${typeName(b)}") to ${a.kind}`);
  return unsupported("+", a, b);
}

function repeat(a: Value, b: Value): Value {
  const [what, times] = numberOf(a) === undefined ? [a, numberOf(b)] : [b, numberOf(a)];
  if (typeof times !== "bigint") return unsupported("*", a, b);
  const count = times < 0n ? 0 : Number(times);
  if (isText(what)) {
    checkLength(what.length * count);
    return MarkedText.join(Array<MarkedText>(count).fill(what)).marked(what.isSafe);
  }
  if (!(what instanceof List)) return unsupported("*", a, b);
  checkLength(what.items.length * count);
  return new List(Array<readonly Value[]>(count).fill(what.items).flat(), what.kind);
}

const floored = (a: bigint, b: bigint): bigint => {
  if (b === 0n) return fail("type", "integer division or modulo by zero");
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
};

const nonZero = (b: number): number => (b === 0 ? fail("type", "float division by zero") : b);

function power(a: bigint, b: bigint): Value {
  if (b < 0n) return Number(a) ** Number(b);
  const bits = BigInt(a.toString(2).length) * b;
  if (bits > MOST_BITS) return fail("limit", "the result of ** is too large");
  return a ** b;
}

/** The sum of numbers; texts and lists one after the other. */
export const add: Arithmetic = arithmetic(
  "+",
  (a, b) => a + b,
  (a, b) => a + b,
  joined,
);

export const remainder: Arithmetic = arithmetic(
  "%",
  (a, b) => a - floored(a, b) * b,
  (a, b) => a - Math.floor(a / nonZero(b)) * b,
  (a, b) => (isText(a) ? formatPercent(a, b) : unsupported("%", a, b)),
);

export const operators: Readonly<Record<string, Arithmetic>> = {
  "+": add,
  "-": arithmetic(
    "-",
    (a, b) => a - b,
    (a, b) => a - b,
  ),
  "*": arithmetic(
    "*",
    (a, b) => checked(a * b),
    (a, b) => a * b,
    repeat,
  ),
  "/": arithmetic(
    "/",
    (a, b) => Number(a) / nonZero(Number(b)),
    (a, b) => a / nonZero(b),
  ),
  "//": arithmetic("//", floored, (a, b) => Math.floor(a / nonZero(b))),
  "%": remainder,
  "**": arithmetic("** or pow()", power, (a, b) => a ** b),
  "~": (a, b) => MarkedText.join([str(a), str(b)]),
};

const checked = (product: bigint): bigint =>
  BigInt.asIntN(Number(MOST_BITS), product) === product ? product : fail("limit", "a number is too large");

export function negative(value: Value): Value {
  const number = numberOf(defined(value));
  return number === undefined ? fail("type", `bad operand type for unary -: '${typeName(value)}'`) : -number;
}

export function equal(a: Value, b: Value): boolean {
  if (isText(a) || isText(b)) return isText(a) && isText(b) && a.text === b.text;
  const [x, y] = [numberOf(a), numberOf(b)];
  // biome-ignore lint/suspicious/noDoubleEquals: an int equals a float of its value
  if (x !== undefined && y !== undefined) return x == y;
  if (a instanceof Undefined) return b instanceof Undefined;
  if (a instanceof List && b instanceof List) {
    const others = b.items;
    if (a.kind !== b.kind || a.items.length !== others.length) return false;
    return a.items.every((item, i) => equal(item, others[i] ?? NONE));
  }
  if (a instanceof Dict && b instanceof Dict) {
    if (a.size !== b.size) return false;
    return a.entries.every(([key, value]) => b.has(key) && equal(value, b.get(key) ?? NONE));
  }
  return a === b;
}

/** Below 0 if `a` comes first. @throws TemplateError for values without an order */
export function compare(a: Value, b: Value, operator = "<"): number {
  if (isText(a) && isText(b)) return compareTexts(a.text, b.text);
  const [x, y] = [numberOf(defined(a)), numberOf(defined(b))];
  if (x !== undefined && y !== undefined) return x < y ? -1 : x > y ? 1 : 0;
  if (a instanceof List && b instanceof List && a.kind === b.kind) {
    for (const [i, item] of a.items.entries()) {
      const other = b.items[i];
      if (other === undefined) return 1;
      if (!equal(item, other)) return compare(item, other, operator);
    }
    return a.items.length - b.items.length;
  }
  const types = `'${typeName(a)}' and '${typeName(b)}'`;
  return fail("type", `'${operator}' not supported between instances of ${types}`);
}

/** By code points: UTF-16 puts those beyond U+FFFF before U+E000. */
function compareTexts(a: string, b: string): number {
  if (!/[\ud800-\udfff]/.test(a + b)) return a < b ? -1 : a > b ? 1 : 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export function contains(container: Value, item: Value): boolean {
  if (isText(container)) {
    if (isText(item)) return container.text.includes(item.text);
    return fail("type", `'in <string>' requires string as left operand, not ${typeName(item)}`);
  }
  if (container instanceof Dict) return container.has(item);
  const isIterable =
    container instanceof List || container instanceof Iteration || container instanceof Undefined;
  if (!isIterable) return fail("type", `argument of type '${typeName(container)}' is not iterable`);
  return itemsOf(container).some((other) => equal(other, item));
}

export const isCallable = (value: Value): boolean =>
  value instanceof Callable || (value instanceof Attributes && value.call !== undefined);
