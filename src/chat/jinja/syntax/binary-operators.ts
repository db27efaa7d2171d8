/** Parses operators between operands: comparisons, then sums, `~`, products and powers. */
import { compare, contains, equal, operators } from "../values/operations.ts";
import type { Value } from "../values/values.ts";
import type { Scope } from "./scope.ts";
import type { TokenStream } from "./token-stream.ts";

type Expression = (scope: Scope) => Value;
type Parse = (tokens: TokenStream) => Expression;

type Comparison = (a: Value, b: Value) => boolean;

const comparisons: Readonly<Record<string, Comparison>> = {
  "==": equal,
  "!=": (a, b) => !equal(a, b),
  "<": (a, b) => compare(a, b, "<") < 0,
  "<=": (a, b) => compare(a, b, "<=") <= 0,
  ">": (a, b) => compare(a, b, ">") > 0,
  ">=": (a, b) => compare(a, b, ">=") >= 0,
};

/** `a < b < c` compares each with the next. @param parse operands */
export function parseOperations(tokens: TokenStream, parse: Parse): Expression {
  const first = parseSum(tokens, parse);
  const steps: [Comparison, Expression][] = [];
  for (;;) {
    const comparison = comparisonAt(tokens);
    if (comparison === undefined) break;
    steps.push([comparison, parseSum(tokens, parse)]);
  }
  if (steps.length === 0) return first;
  return (scope) => {
    let left = first(scope);
    return steps.every(([comparison, next]) => {
      const right = next(scope);
      const holds = comparison(left, right);
      left = right;
      return holds;
    });
  };
}

function comparisonAt(tokens: TokenStream): Comparison | undefined {
  if (tokens.skip("name", "in")) return (item, container) => contains(container, item);
  if (tokens.is("name", "not") && tokens.next.text === "in") {
    tokens.take();
    tokens.take();
    return (item, container) => !contains(container, item);
  }
  const comparison = tokens.current.kind === "operator" ? comparisons[tokens.current.text] : undefined;
  if (comparison !== undefined) tokens.take();
  return comparison;
}

/** Operators of one precedence, from left to right. */
function parseLeft(tokens: TokenStream, names: readonly string[], parse: Parse): Expression {
  let left = parse(tokens);
  while (tokens.current.kind === "operator" && names.includes(tokens.current.text)) {
    const operator = operators[tokens.take().text];
    if (operator === undefined) return left;
    const [a, b] = [left, parse(tokens)];
    left = (scope) => operator(a(scope), b(scope));
  }
  return left;
}

/** Operators by precedence, the lowest first. */
const PRECEDENCES = [["+", "-"], ["~"], ["*", "/", "//", "%"], ["**"]] as const;

function parseSum(tokens: TokenStream, parse: Parse): Expression {
  const levels = PRECEDENCES.toReversed();
  const whole = levels.reduce<Parse>((inner, names) => (tokens) => parseLeft(tokens, names, inner), parse);
  return whole(tokens);
}
