/** Macros: functions that a template writes. */

import { MarkedText } from "../values/marked-text.ts";
import { fail } from "../values/template-error.ts";
import { type CallArguments, Callable, Dict, List, Undefined, type Value } from "../values/values.ts";
import { type Expression, parseExpression } from "./expressions.ts";
import { OutputText } from "./output-text.ts";
import type { Scope } from "./scope.ts";
import type { Statement, StatementParser } from "./statement.ts";
import type { TokenStream } from "./token-stream.ts";

interface Parameter {
  readonly name: string;
  readonly otherwise: Expression | undefined;
}

/** `(a, b=1)`; no parameters if there is no parenthesis. */
export function macroSignature(tokens: TokenStream) {
  const parameters: Parameter[] = [];
  const hasList = tokens.skip("operator", "(");
  while (hasList && !tokens.skip("operator", ")")) {
    if (parameters.length > 0) tokens.expect("operator", ",");
    const name = tokens.expect("name").text;
    const otherwise = tokens.skip("operator", "=") ? parseExpression(tokens) : undefined;
    parameters.push({ name, otherwise });
  }
  return {
    /** @param scope where the macro is defined: it sees these variables */
    bind: (name: string, body: Statement, scope: Scope): Callable =>
      new Callable(name, (given) => {
        const inner = scope.inner();
        setParameters(name, parameters, given, inner);
        const output = new OutputText();
        body(inner, output);
        return output.text;
      }),
  };
}

export const parseMacro: StatementParser = (tokens, parseBody) => {
  const { text: name } = tokens.expect("name");
  const macro = macroSignature(tokens);
  tokens.expect("block-end");
  const body = parseBody(tokens, ["endmacro"]);
  tokens.expect("block-begin");
  tokens.expect("name", "endmacro");
  if (tokens.current.kind === "name") tokens.take();
  tokens.expect("block-end");
  return (scope) => {
    scope.set(name, macro.bind(name, body, scope));
    return undefined;
  };
};

function setParameters(
  macro: string,
  parameters: readonly Parameter[],
  { positional, named }: CallArguments,
  scope: Scope,
): void {
  const rest = new Map(named);
  for (const [i, { name, otherwise }] of parameters.entries()) {
    const value = positional[i] ?? rest.get(name);
    if (positional[i] === undefined) rest.delete(name);
    else if (rest.has(name)) fail("type", `macro '${macro}' got multiple values for argument '${name}'`);
    scope.set(name, value ?? otherwise?.(scope) ?? new Undefined(`parameter '${name}' was not provided`));
  }
  const extra: readonly Value[] = positional.slice(parameters.length);
  const caller = rest.get("caller");
  if (caller !== undefined) scope.set("caller", caller);
  rest.delete("caller");
  scope.set("varargs", new List(extra, "tuple"));
  scope.set("kwargs", new Dict([...rest].map(([name, value]) => [MarkedText.of(name), value] as const)));
}
