/** The tests of Jinja, by name: `value is test`. */
import { Given } from "../values/arguments.ts";
import { isLower, isUpper } from "../values/letter-case.ts";
import { compare, contains, equal, isCallable, remainder } from "../values/operations.ts";
import { str } from "../values/printing.ts";
import {
  type CallArguments,
  Dict,
  Iteration,
  isText,
  List,
  NONE,
  Undefined,
  type Value,
} from "../values/values.ts";

export type Test = (value: Value, given: CallArguments) => boolean;

const withOther =
  (name: string, holds: (value: Value, other: Value) => boolean): Test =>
  (value, given) =>
    holds(value, new Given(name, given, ["other"]).needed("other"));

const less = withOther("lt", (a, b) => compare(a, b, "<") < 0);
const greater = withOther("gt", (a, b) => compare(a, b, ">") > 0);
const atMost = withOther("le", (a, b) => compare(a, b, "<=") <= 0);
const atLeast = withOther("ge", (a, b) => compare(a, b, ">=") >= 0);
const same = withOther("eq", equal);
const other = withOther("ne", (a, b) => !equal(a, b));

const isSequence = (value: Value) =>
  isText(value) ||
  value instanceof List ||
  value instanceof Dict ||
  value instanceof Undefined ||
  (value instanceof Iteration && value.kind === "range");

const identical = (a: Value, b: Value) =>
  isText(a) && isText(b)
    ? a.text === b.text
    : Object.is(a, b) || (a instanceof Undefined && b instanceof Undefined);

export const tests: Readonly<Record<string, Test>> = Object.assign(Object.create(null), {
  "!=": other,
  "<": less,
  "<=": atMost,
  "==": same,
  ">": greater,
  ">=": atLeast,
  boolean: (value) => typeof value === "boolean",
  callable: isCallable,
  defined: (value) => !(value instanceof Undefined),
  divisibleby: withOther("divisibleby", (value, divisor) => equal(remainder(value, divisor), 0n)),
  eq: same,
  equalto: same,
  escaped: () => false,
  even: (value) => equal(remainder(value, 2n), 0n),
  false: (value) => value === false,
  float: (value) => typeof value === "number",
  ge: atLeast,
  greaterthan: greater,
  gt: greater,
  in: withOther("in", (value, container) => contains(container, value)),
  integer: (value) => typeof value === "bigint",
  iterable: (value) => isSequence(value) || value instanceof Iteration,
  le: atMost,
  lessthan: less,
  lower: (value) => isLower(str(value).text),
  lt: less,
  mapping: (value) => value instanceof Dict,
  ne: other,
  none: (value) => value === NONE,
  number: (value) => ["bigint", "number", "boolean"].includes(typeof value),
  odd: (value) => equal(remainder(value, 2n), 1n),
  sameas: withOther("sameas", identical),
  sequence: isSequence,
  string: isText,
  true: (value) => value === true,
  undefined: (value) => value instanceof Undefined,
  upper: (value) => isUpper(str(value).text),
} satisfies Record<string, Test>);
