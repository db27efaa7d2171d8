/** Calls: their arguments, and what is called. */
import { NO_ARGUMENTS } from "../values/arguments.ts";
import { str } from "../values/printing.ts";
import { fail } from "../values/template-error.ts";
import {
  Attributes,
  type CallArguments,
  Callable,
  Dict,
  defined,
  itemsOf,
  typeName,
  type Value,
} from "../values/values.ts";
import type { Scope } from "./scope.ts";
import type { TokenStream } from "./token-stream.ts";

type Expression = (scope: Scope) => Value;
type Argument = (scope: Scope, positional: Value[], named: Map<string, Value>) => void;

/** `(a, b, name=c, *list, **dict)`; no arguments if there is no parenthesis. */
export function argumentList(
  tokens: TokenStream,
  parse: (tokens: TokenStream) => Expression,
): (scope: Scope) => CallArguments {
  if (!tokens.skip("operator", "(")) return () => NO_ARGUMENTS;
  const list: Argument[] = [];
  while (!tokens.skip("operator", ")")) {
    if (list.length > 0) {
      tokens.expect("operator", ",");
      if (tokens.skip("operator", ")")) break;
    }
    list.push(parseArgument(tokens, parse));
  }
  return (scope) => {
    const positional: Value[] = [];
    const named = new Map<string, Value>();
    for (const argument of list) argument(scope, positional, named);
    return { positional, named };
  };
}

function parseArgument(tokens: TokenStream, parse: (tokens: TokenStream) => Expression): Argument {
  if (tokens.skip("operator", "*")) {
    const items = parse(tokens);
    return (scope, positional) => {
      for (const item of itemsOf(items(scope))) positional.push(item);
    };
  }
  if (tokens.skip("operator", "**")) {
    const dict = parse(tokens);
    return (scope, _, named) => {
      const value = dict(scope);
      if (!(value instanceof Dict))
        fail("type", `argument after ** must be a mapping, not ${typeName(value)}`);
      else for (const [key, item] of value.entries) named.set(str(key).text, item);
    };
  }
  const { current, next } = tokens;
  if (current.kind === "name" && next.kind === "operator" && next.text === "=") {
    tokens.take();
    tokens.take();
    const value = parse(tokens);
    return (scope, _, named) => named.set(current.text, value(scope));
  }
  const value = parse(tokens);
  return (scope, positional) => positional.push(value(scope));
}

export function callValue(callee: Value, given: CallArguments, scope: Scope): Value {
  const { limits } = scope;
  if (callee instanceof Callable) return limits.within(() => callee.call(given));
  if (callee instanceof Attributes && callee.call !== undefined) {
    const { call } = callee;
    return limits.within(() => call(given));
  }
  return fail("type", `'${typeName(defined(callee))}' object is not callable`);
}
