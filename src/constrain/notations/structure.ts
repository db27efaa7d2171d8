/**
 * A text in parts that follow each other, each kept in its own way: tags around a call, reasoning before an
 * answer (as "structural tags" in XGrammar).
 */
import { isJsonObject, type JsonValue } from "../../files/json.ts";
import { controlToken } from "../grammar/control-tokens.ts";
import {
  anyCharacter,
  choice,
  type Expression,
  type Grammar,
  literal,
  repeat,
  rule,
  sequence,
} from "../grammar/expression.ts";
import type { JsonSchema } from "./json-schema/keywords.ts";
import { type FreeText, freeText, upTo } from "./searched-text.ts";

export type StructurePart =
  /** As it stands. */
  | { readonly text: string }
  /** A control token by its name. */
  | { readonly token: string }
  /** Any text that ends with the first one like this. */
  | { readonly until: string }
  /** Any text, and this control token behind it. */
  | { readonly untilToken: string }
  /** Any text without these, or none. After white space it does not begin with `begin`. */
  | { readonly free: FreeText }
  | { readonly anyTimes: Structure }
  | { readonly oneOf: readonly Structure[] }
  /** What another notation says. */
  | { readonly grammar: string }
  | { readonly regex: string }
  | { readonly choices: readonly string[] }
  | { readonly jsonSchema: JsonSchema }
  | { readonly anyJson: true };

export type Structure = readonly StructurePart[];

/** A part in another notation. */
export type NotationPart = Extract<
  StructurePart,
  { grammar: string } | { regex: string } | { choices: unknown } | { jsonSchema: unknown } | { anyJson: true }
>;

const isText = (value: unknown): boolean => typeof value === "string";
const isFreeText = ({ without, begin = "a" }: Partial<FreeText>): boolean =>
  Array.isArray(without) && without.every((text) => isText(text) && text !== "") && [...begin].length === 1;

/** What stands in each kind of part. */
const values: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: isText,
  token: isText,
  until: (value) => isText(value) && value !== "",
  untilToken: isText,
  free: (value) => isJsonObject(value as JsonValue) && isFreeText(value as Partial<FreeText>),
  anyTimes: isStructure,
  oneOf: (value) => Array.isArray(value) && value.every(isStructure),
  grammar: isText,
  regex: isText,
  choices: (value) => Array.isArray(value) && value.every(isText),
  jsonSchema: (value) => typeof value === "boolean" || isJsonObject(value as JsonValue),
  anyJson: (value) => value === true,
};

export function isStructure(given: unknown): boolean {
  if (!Array.isArray(given)) return false;
  return given.every((part: unknown) => {
    if (typeof part !== "object" || part === null) return false;
    const [[name, value] = [], second] = Object.entries(part);
    return name !== undefined && second === undefined && (values[name]?.(value) ?? false);
  });
}

/** @param read the grammar of a part in another notation */
export function structureGrammar(structure: Structure, read: (part: NotationPart) => Grammar): Grammar {
  const rules = new Map<string, Expression>();
  const known = new Map<string, Expression>();
  const whole = (parts: Structure): Expression => sequence(...parts.map(expressionOf));
  const expressionOf = (part: StructurePart): Expression => {
    if ("text" in part) return literal(part.text);
    if ("token" in part) return controlToken(part.token);
    if ("until" in part) return upTo(part.until);
    if ("untilToken" in part)
      return sequence(repeat(anyCharacter, 0, Infinity), controlToken(part.untilToken));
    if ("free" in part) return freeText(part.free);
    if ("anyTimes" in part) return repeat(whole(part.anyTimes), 0, Infinity);
    if ("oneOf" in part) return choice(...part.oneOf.map(whole));
    const key = JSON.stringify(part);
    const before = known.get(key);
    if (before !== undefined) return before;
    const { rules: own, root } = read(part);
    const place = `part ${known.size}: `;
    for (const [name, body] of own) rules.set(place + name, renamed(body, place));
    const call = rule(place + root);
    known.set(key, call);
    return call;
  };
  rules.set("root", whole(structure));
  return { rules, root: "root" };
}

/** The same expression with another name of each rule. */
function renamed(expression: Expression, place: string): Expression {
  const own = (inner: Expression) => renamed(inner, place);
  switch (expression.kind) {
    case "bytes":
      return expression;
    case "rule":
      return rule(place + expression.name);
    case "sequence":
      return { ...expression, parts: expression.parts.map(own) };
    case "choice":
      return { ...expression, options: expression.options.map(own) };
    case "repeat":
      return { ...expression, of: own(expression.of) };
    case "graph": {
      const nodes = expression.nodes.map(({ ends, steps }) => ({
        ...{ ends, steps: steps.map(({ takes, to }) => ({ takes: own(takes), to })) },
      }));
      return { ...expression, nodes };
    }
  }
}
