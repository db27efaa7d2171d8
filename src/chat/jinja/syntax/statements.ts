/** Parses the statements of a template into functions that write. */
import { attributeOf } from "../library/attributes.ts";
import { MarkedText } from "../values/marked-text.ts";
import { str } from "../values/printing.ts";
import { TemplateError } from "../values/template-error.ts";
import { isTrue, NONE, type Value } from "../values/values.ts";
import { argumentList, callValue } from "./calls.ts";
import { type Expression, parseExpression, parseFilter, parseTuple } from "./expressions.ts";
import { parseFor } from "./loops.ts";
import { macroSignature, parseMacro } from "./macros.ts";
import { OutputText } from "./output-text.ts";
import type { Scope } from "./scope.ts";
import type { Statement, StatementParser } from "./statement.ts";
import { assign, parseTarget } from "./targets.ts";
import type { TokenStream } from "./token-stream.ts";

/** Parses up to a statement with one of these names, which stays. At the top there are none. */
export function parseBody(tokens: TokenStream, ends: readonly string[] = []): Statement {
  const statements: Statement[] = [];
  for (;;) {
    const { kind, text, line } = tokens.current;
    if (kind === "end") {
      if (ends.length === 0) break;
      tokens.fail(
        `Unexpected end of template. Jinja was looking for the following tags: '${ends.join("' or '")}'`,
      );
    }
    if (kind === "block-begin" && ends.includes(tokens.next.text)) break;
    tokens.take();
    if (kind === "data") {
      const data = MarkedText.of(text);
      statements.push((_, output) => output.add(data));
    } else if (kind === "variable-begin") {
      const value = parseTuple(tokens);
      tokens.expect("variable-end");
      statements.push(at(line, (scope, output) => output.add(str(value(scope)))));
    } else statements.push(at(line, parseStatement(tokens)));
  }
  return (scope, output) => {
    for (const statement of statements) {
      const flow = statement(scope, output);
      if (flow !== undefined) return flow;
    }
    return undefined;
  };
}

/** Errors say the line of the innermost statement. */
const at =
  (line: number, statement: Statement): Statement =>
  (scope, output) => {
    try {
      return statement(scope, output);
    } catch (error) {
      if (error instanceof TemplateError) error.line ??= line;
      throw error;
    }
  };

function parseStatement(tokens: TokenStream): Statement {
  const { text, line } = tokens.expect("name");
  const parse = parsers.get(text);
  if (parse === undefined) throw new TemplateError("syntax", `Encountered unknown tag '${text}'.`, line);
  return parse(tokens, parseBody);
}

/** `{% name %}` that ends a body. */
function endOf(tokens: TokenStream, name: string): void {
  tokens.expect("block-begin");
  tokens.expect("name", name);
}

const closed = <T>(tokens: TokenStream, value: T): T => {
  tokens.expect("block-end");
  return value;
};

function parseIf(tokens: TokenStream): Statement {
  const branches: (readonly [Expression, Statement])[] = [];
  let otherwise: Statement | undefined;
  for (let name = "if"; name !== "endif"; ) {
    if (name === "else") {
      tokens.expect("block-end");
      otherwise = parseBody(tokens, ["endif"]);
    } else {
      const condition = closed(tokens, parseTuple(tokens, false));
      branches.push([condition, parseBody(tokens, ["elif", "else", "endif"])]);
    }
    tokens.expect("block-begin");
    name = tokens.expect("name").text;
  }
  tokens.expect("block-end");
  return (scope, output) => {
    const [, body] = branches.find(([condition]) => isTrue(condition(scope))) ?? [undefined, otherwise];
    return body?.(scope, output);
  };
}

/** `set a = b`, `set a, b = c`, or `set a` with the text up to `endset`, through filters. */
function parseSet(tokens: TokenStream): Statement {
  const target = parseTarget(tokens, { withAttributes: true });
  if (tokens.skip("operator", "=")) {
    const value = closed(tokens, parseTuple(tokens));
    return (scope) => assign(target, value(scope), scope);
  }
  const filter = filterChain(tokens);
  tokens.expect("block-end");
  const body = parseBody(tokens, ["endset"]);
  endOf(tokens, "endset");
  tokens.expect("block-end");
  return (scope) => assign(target, filter(written(body, scope.inner()), scope), scope);
}

type Filtering = (value: Value, scope: Scope) => Value;

/** `| trim | upper` */
function filterChain(tokens: TokenStream): Filtering {
  let current: Value = NONE;
  let chain: Expression = () => current;
  while (tokens.skip("operator", "|")) chain = parseFilter(tokens, chain);
  return (value, scope) => {
    current = value;
    return chain(scope);
  };
}

function parseFilterBlock(tokens: TokenStream): Statement {
  let current: Value = NONE;
  let chain: Expression = parseFilter(tokens, () => current);
  while (tokens.skip("operator", "|")) chain = parseFilter(tokens, chain);
  tokens.expect("block-end");
  const body = parseBody(tokens, ["endfilter"]);
  endOf(tokens, "endfilter");
  tokens.expect("block-end");
  return (scope, output) => {
    current = written(body, scope.inner());
    return output.add(str(chain(scope)));
  };
}

function written(body: Statement, scope: Scope): MarkedText {
  const output = new OutputText();
  body(scope, output);
  return output.text;
}

/** `with a = b, c = d` */
function parseWith(tokens: TokenStream): Statement {
  const targets: [ReturnType<typeof parseTarget>, Expression][] = [];
  while (!tokens.is("block-end", "")) {
    if (targets.length > 0) tokens.expect("operator", ",");
    const target = parseTarget(tokens);
    tokens.expect("operator", "=");
    targets.push([target, parseExpression(tokens)]);
  }
  const body = wrapped(tokens, "endwith");
  return (scope, output) => {
    const inner = scope.inner();
    for (const [target, value] of targets) assign(target, value(scope), inner);
    return body(inner, output);
  };
}

function wrapped(tokens: TokenStream, end: string): Statement {
  tokens.expect("block-end");
  const body = parseBody(tokens, [end]);
  endOf(tokens, end);
  // endblock may repeat the name of its block.
  if (end === "endblock" && tokens.current.kind === "name") tokens.take();
  tokens.expect("block-end");
  return body;
}

const scoped = (end: string, parseHead: (tokens: TokenStream) => void): StatementParser => {
  return (tokens) => {
    parseHead(tokens);
    const body = wrapped(tokens, end);
    return (scope, output) => body(scope.inner(), output);
  };
};

/** `call(item) macro(...)`: the macro gets the body as `caller`. */
function parseCallBlock(tokens: TokenStream): Statement {
  const signature = macroSignature(tokens);
  const callee = parseName(tokens);
  const given = argumentList(tokens, (tokens) => parseExpression(tokens));
  const body = wrapped(tokens, "endcall");
  return (scope, output) => {
    const { positional, named } = given(scope);
    const caller = signature.bind("caller", body, scope);
    const withCaller = { positional, named: new Map([...named, ["caller", caller] as const]) };
    return output.add(str(callValue(callee(scope), withCaller, scope)));
  };
}

/** `macro` or `namespace.macro` */
function parseName(tokens: TokenStream): Expression {
  const { text } = tokens.expect("name");
  let value: Expression = (scope) => scope.get(text);
  while (tokens.skip("operator", ".")) {
    const [object, { text: name }] = [value, tokens.expect("name")];
    value = (scope) => attributeOf(object(scope), name);
  }
  return value;
}

const jump =
  (flow: "break" | "continue"): StatementParser =>
  (tokens) =>
    closed(tokens, () => flow);

const parsers: ReadonlyMap<string, StatementParser> = new Map<string, StatementParser>([
  ["autoescape", scoped("endautoescape", (tokens) => parseExpression(tokens))],
  ["block", scoped("endblock", (tokens) => tokens.expect("name"))],
  ["break", jump("break")],
  ["call", parseCallBlock],
  ["continue", jump("continue")],
  ["filter", parseFilterBlock],
  ["for", parseFor],
  ["generation", (tokens) => wrapped(tokens, "endgeneration")],
  ["if", parseIf],
  ["macro", parseMacro],
  ["set", parseSet],
  ["with", parseWith],
]);
