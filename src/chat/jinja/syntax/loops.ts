/** `for`: its variable `loop`, its filter `if`, its `else`, and loops that call themselves. */
import { Given } from "../values/arguments.ts";
import { equal } from "../values/operations.ts";
import { fail } from "../values/template-error.ts";
import {
  Attributes,
  type CallArguments,
  Callable,
  isTrue,
  itemsOf,
  List,
  NONE,
  Undefined,
  type Value,
} from "../values/values.ts";
import { type Expression, parseExpression, parseTuple } from "./expressions.ts";
import { OutputText } from "./output-text.ts";
import type { Scope } from "./scope.ts";
import type { Statement, StatementParser } from "./statement.ts";
import { assign, parseTarget, type Target } from "./targets.ts";

interface Loop {
  readonly target: Target;
  readonly condition: Expression | undefined;
  readonly isRecursive: boolean;
  readonly body: Statement;
  readonly otherwise: Statement | undefined;
}

export const parseFor: StatementParser = (tokens, parseBody) => {
  const target = parseTarget(tokens);
  tokens.expect("name", "in");
  const isEnd = () => tokens.is("name", "recursive") || tokens.is("name", "if");
  const items = parseTuple(tokens, false, isEnd);
  const condition = tokens.skip("name", "if") ? parseExpression(tokens) : undefined;
  const isRecursive = tokens.skip("name", "recursive");
  tokens.expect("block-end");
  const body = parseBody(tokens, ["else", "endfor"]);
  tokens.expect("block-begin");
  let otherwise: Statement | undefined;
  if (tokens.expect("name").text === "else") {
    tokens.expect("block-end");
    otherwise = parseBody(tokens, ["endfor"]);
    tokens.expect("block-begin");
    tokens.expect("name", "endfor");
  }
  tokens.expect("block-end");
  const loop = { target, condition, isRecursive, body, otherwise };
  return (scope, output) => {
    run(loop, items(scope), scope, output, 0);
    return undefined;
  };
};

function run(loop: Loop, value: Value, scope: Scope, output: OutputText, depth: number): void {
  const all = itemsOf(value);
  const { target, condition, body, otherwise } = loop;
  const items =
    condition === undefined
      ? all
      : all.filter((item) => {
          scope.limits.step();
          const inner = scope.inner();
          assign(target, item, inner);
          return isTrue(condition(inner));
        });
  let index = 0;
  let changed: Value | undefined;
  const place = new Attributes(
    "LoopContext",
    (name) => {
      if (name === "cycle") return cycle(index);
      if (name !== "changed") return loopAttribute(name, items, index, depth);
      return new Callable(name, ({ positional }) => {
        const now = new List(positional, "tuple");
        const isChanged = changed === undefined || !equal(changed, now);
        changed = now;
        return isChanged;
      });
    },
    loop.isRecursive ? { call: (given) => recurse(loop, given, scope, depth) } : {},
  );
  for (; index < items.length; index++) {
    scope.limits.step();
    const inner = scope.inner();
    inner.set("loop", place);
    assign(target, items[index] ?? NONE, inner);
    if (body(inner, output) === "break") return;
  }
  if (items.length === 0) otherwise?.(scope.inner(), output);
}

function recurse(loop: Loop, given: CallArguments, scope: Scope, depth: number): Value {
  const output = new OutputText();
  run(loop, new Given("loop", given, ["iterable"]).needed("iterable"), scope, output, depth + 1);
  return output.text;
}

const cycle = (index: number): Value =>
  new Callable("cycle", ({ positional }) =>
    positional.length === 0
      ? fail("type", "no items for cycling given")
      : (positional[index % positional.length] ?? NONE),
  );

function loopAttribute(
  name: string,
  items: readonly Value[],
  index: number,
  depth: number,
): Value | undefined {
  const count = items.length;
  switch (name) {
    case "index":
      return BigInt(index + 1);
    case "index0":
      return BigInt(index);
    case "revindex":
      return BigInt(count - index);
    case "revindex0":
      return BigInt(count - index - 1);
    case "first":
      return index === 0;
    case "last":
      return index === count - 1;
    case "length":
      return BigInt(count);
    case "depth":
      return BigInt(depth + 1);
    case "depth0":
      return BigInt(depth);
    case "previtem":
      return items[index - 1] ?? new Undefined("there is no previous item");
    case "nextitem":
      return items[index + 1] ?? new Undefined("there is no next item");
    default:
      return undefined;
  }
}
