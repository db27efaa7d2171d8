/** Parses expressions into functions of a scope, by precedence from `if` down to names and literals. */
import { attributeOf, itemAt, sliceOf } from "../library/attributes.ts";
import { filters } from "../library/filters.ts";
import { tests } from "../library/tests.ts";
import { MarkedText } from "../values/marked-text.ts";
import { negative } from "../values/operations.ts";
import { fail, TemplateError } from "../values/template-error.ts";
import { Dict, isTrue, List, NONE, Undefined, type Value } from "../values/values.ts";
import { parseOperations } from "./binary-operators.ts";
import { argumentList, callValue } from "./calls.ts";
import type { Scope } from "./scope.ts";
import type { TokenStream } from "./token-stream.ts";

export type Expression = (scope: Scope) => Value;

const CONSTANTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", NONE],
  ["None", NONE],
]);

/** The whole of an expression. @param withCondition whether `a if b` belongs to it */
export function parseExpression(tokens: TokenStream, withCondition = true): Expression {
  return withCondition ? parseCondition(tokens) : parseOr(tokens);
}

/** Expressions between commas: a tuple, unless there is one without a comma. */
export function parseTuple(
  tokens: TokenStream,
  withCondition = true,
  isEnd: () => boolean = () => false,
): Expression {
  const items: Expression[] = [];
  let isTuple = false;
  const ends = () => tokens.atTagEnd || tokens.is("operator", ")") || isEnd();
  while (!ends()) {
    items.push(parseExpression(tokens, withCondition));
    if (!tokens.skip("operator", ",")) break;
    isTuple = true;
  }
  const [only] = items;
  if (only !== undefined && !isTuple) return only;
  if (only === undefined) tokens.fail("Expected an expression");
  return (scope) =>
    new List(
      items.map((item) => item(scope)),
      "tuple",
    );
}

function parseCondition(tokens: TokenStream): Expression {
  let value = parseOr(tokens);
  while (tokens.skip("name", "if")) {
    const { line } = tokens.current;
    const [then, condition] = [value, parseOr(tokens)];
    const otherwise = tokens.skip("name", "else") ? parseCondition(tokens) : undefined;
    const problem = `the inline if-expression on line ${line} evaluated to false and no else section was defined.`;
    const none = new Undefined(problem);
    value = (scope) => (isTrue(condition(scope)) ? then(scope) : (otherwise?.(scope) ?? none));
  }
  return value;
}

function parseOr(tokens: TokenStream): Expression {
  let left = parseAnd(tokens);
  while (tokens.skip("name", "or")) {
    const [first, second] = [left, parseAnd(tokens)];
    left = (scope) => {
      const value = first(scope);
      return isTrue(value) ? value : second(scope);
    };
  }
  return left;
}

function parseAnd(tokens: TokenStream): Expression {
  let left = parseNot(tokens);
  while (tokens.skip("name", "and")) {
    const [first, second] = [left, parseNot(tokens)];
    left = (scope) => {
      const value = first(scope);
      return isTrue(value) ? second(scope) : value;
    };
  }
  return left;
}

function parseNot(tokens: TokenStream): Expression {
  if (!tokens.skip("name", "not")) return parseOperations(tokens, parseUnary);
  const value = parseNot(tokens);
  return (scope) => !isTrue(value(scope));
}

/** A sign holds before filters: `-1 | abs` is 1. */
function parseUnary(tokens: TokenStream): Expression {
  return parseFilters(tokens, parseSigned(tokens));
}

function parseSigned(tokens: TokenStream): Expression {
  if (tokens.skip("operator", "-")) {
    const value = parseSigned(tokens);
    return (scope) => negative(value(scope));
  }
  if (tokens.skip("operator", "+")) return parseSigned(tokens);
  return parsePostfix(tokens, parsePrimary(tokens));
}

function parsePrimary(tokens: TokenStream): Expression {
  const { kind, text } = tokens.current;
  if (kind === "name") {
    tokens.take();
    const constant = CONSTANTS.get(text);
    return constant === undefined ? (scope) => scope.get(text) : () => constant;
  }
  if (kind === "string") {
    let spelled = "";
    while (tokens.current.kind === "string") spelled += tokens.take().text;
    const value = MarkedText.of(spelled);
    return () => value;
  }
  if (kind === "integer" || kind === "float") {
    tokens.take();
    const value = kind === "integer" ? BigInt(text.replace(/^0+(?=\d)/, "")) : Number(text);
    return () => value;
  }
  if (tokens.skip("operator", "(")) {
    if (tokens.skip("operator", ")")) return () => new List([], "tuple");
    const value = parseTuple(tokens);
    tokens.expect("operator", ")");
    return value;
  }
  if (tokens.skip("operator", "[")) {
    const items = parseItems(tokens, "]", (tokens) => parseExpression(tokens));
    return (scope) => new List(items.map((item) => item(scope)));
  }
  if (tokens.skip("operator", "{")) {
    const entries = parseItems(tokens, "}", (tokens) => {
      const key = parseExpression(tokens);
      tokens.expect("operator", ":");
      return [key, parseExpression(tokens)] as const;
    });
    return (scope) => new Dict(entries.map(([key, value]) => [key(scope), value(scope)] as const));
  }
  return tokens.unexpected();
}

function parseItems<T>(tokens: TokenStream, closer: string, parse: (tokens: TokenStream) => T): T[] {
  const items: T[] = [];
  while (!tokens.skip("operator", closer)) {
    if (items.length > 0) {
      tokens.expect("operator", ",");
      if (tokens.skip("operator", closer)) break;
    }
    items.push(parse(tokens));
  }
  return items;
}

function parsePostfix(tokens: TokenStream, value: Expression): Expression {
  for (let object = value; ; ) {
    if (tokens.is("operator", ".")) object = parseAttribute(tokens, object);
    else if (tokens.is("operator", "[")) object = parseSubscript(tokens, object);
    else if (tokens.is("operator", "(")) object = parseCall(tokens, object);
    else return object;
  }
}

function parseAttribute(tokens: TokenStream, object: Expression): Expression {
  tokens.take();
  const { kind, text, line } = tokens.take();
  if (kind === "integer") return (scope) => itemAt(object(scope), BigInt(text));
  if (kind !== "name") throw new TemplateError("syntax", "expected name or number", line);
  return (scope) => attributeOf(object(scope), text);
}

function parseSubscript(tokens: TokenStream, object: Expression): Expression {
  tokens.take();
  const bounds: (Expression | undefined)[] = [];
  let isSlice = false;
  while (!tokens.skip("operator", "]")) {
    if (tokens.skip("operator", ":")) {
      if (!isSlice && bounds.length === 0) bounds.push(undefined);
      isSlice = true;
      const isEmpty = tokens.is("operator", ":") || tokens.is("operator", "]");
      bounds.push(isEmpty ? undefined : parseExpression(tokens));
    } else if (bounds.length === 0) bounds.push(parseTuple(tokens, true, () => tokens.is("operator", "]")));
    else tokens.unexpected();
  }
  const [key] = bounds;
  if (isSlice)
    return (scope) =>
      sliceOf(
        object(scope),
        bounds.map((bound) => bound?.(scope)),
      );
  if (key === undefined) return tokens.fail("expected subscript expression");
  return (scope) => itemAt(object(scope), key(scope));
}

function parseCall(tokens: TokenStream, callee: Expression): Expression {
  const given = argumentList(tokens, (tokens) => parseExpression(tokens));
  return (scope) => callValue(callee(scope), given(scope), scope);
}

function parseFilters(tokens: TokenStream, value: Expression): Expression {
  for (let filtered = value; ; ) {
    if (tokens.skip("operator", "|")) filtered = parseFilter(tokens, filtered);
    else if (tokens.skip("name", "is")) filtered = parseTest(tokens, filtered);
    else if (tokens.is("operator", "(")) filtered = parseCall(tokens, filtered);
    else return filtered;
  }
}

/** A filter behind its `|`. */
export function parseFilter(tokens: TokenStream, value: Expression): Expression {
  const name = tokens.dottedName();
  const given = argumentList(tokens, (tokens) => parseExpression(tokens));
  return (scope) => {
    const filter = filters[name] ?? fail("syntax", `No filter named '${name}'.`);
    return filter(value(scope), given(scope), scope.limits);
  };
}

function parseTest(tokens: TokenStream, value: Expression): Expression {
  const isNegated = tokens.skip("name", "not");
  const name = tokens.dottedName();
  const { kind, text } = tokens.current;
  const begins =
    ["name", "string", "integer", "float"].includes(kind) || (kind === "operator" && /[[{]/.test(text));
  const isWord = kind === "name" && ["else", "or", "and", "is", "if", "in", "not"].includes(text);
  let given = argumentList(tokens, (tokens) => parseExpression(tokens));
  if (begins && !isWord) {
    const argument = parsePostfix(tokens, parsePrimary(tokens));
    given = (scope) => ({ positional: [argument(scope)], named: new Map() });
  }
  return (scope) => {
    const test = tests[name] ?? fail("syntax", `No test named '${name}'.`);
    return test(value(scope), given(scope)) !== isNegated;
  };
}
