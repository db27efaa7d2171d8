/**
 * What a schema does not allow, as shapes, for `not`, `if` and overlapping options of `oneOf`: a value breaks
 * one of its keywords. Keywords whose opposite is no shape are refused.
 */
import { isJsonObject, type JsonValue } from "../../../files/json.ts";
import { ofTexts, others } from "../regular/automaton.ts";
import { fault, Keywords, type Located, opposite, treatmentOf } from "./keywords.ts";
import { bound, KINDS, multiples } from "./kinds.ts";
import { patternsOf } from "./patterns.ts";
import {
  anyList,
  anyObject,
  everything,
  type NumberShape,
  type ObjectShape,
  type Shape,
  withAll,
  without,
} from "./shapes.ts";
import { silent } from "./unevaluated.ts";

/** What the opposite of a schema is made of. */
export interface Parts {
  /** What a schema allows. */
  readonly allowed: (located: Located) => readonly Shape[];
  readonly both: (left: readonly Shape[], right: readonly Shape[]) => readonly Shape[];
  readonly target: (located: Located, ref: string) => Located;
}

const anyNumber = everything.find(({ kind }) => kind === "number") as NumberShape;
const anyText = everything.find(({ kind }) => kind === "string") as Extract<Shape, { kind: "string" }>;

/** @throws GptError `usage` for a schema whose opposite is not known */
export function complementOf(located: Located, parts: Parts): readonly Shape[] {
  const { schema } = located;
  if (typeof schema === "boolean") return schema ? [] : everything;
  if (!isJsonObject(schema)) throw fault(located, "expected a schema: an object, true or false");
  const keywords = new Keywords(located, schema);
  const asserting = Object.keys(schema).filter((keyword) => treatmentOf(keyword) === "enforced");
  return silent(asserting.flatMap((keyword) => broken(keyword, keywords, parts)));
}

/** Values that break one keyword. */
function broken(keyword: string, keywords: Keywords, parts: Parts): readonly Shape[] {
  const { allowed, both, target } = parts;
  const not = (located: Located) => allowed(opposite(located));
  const part = () => keywords.schema(keyword) as Located;
  const strings = (least: number, most: number) => sized({ ...anyText, least, most });
  const lists = (least: number, most: number) => sized({ ...anyList, least, most });
  const objects = (least: number, most: number) => sized({ ...anyObject, least, most });
  switch (keyword) {
    case "$ref":
      return not(target(keywords.located, keywords.text("$ref") ?? ""));
    case "not":
      return allowed(part());
    case "allOf":
      return (keywords.schemas("allOf") ?? []).flatMap(not);
    case "anyOf":
      return (keywords.schemas("anyOf") ?? []).map(not).reduce(both, everything);
    case "if":
      return brokenCondition(keywords, parts);
    case "then":
    case "else":
    case "minContains":
    case "maxContains":
      return []; // With `if`, and with `contains`.
    case "type":
      return ofTypes(keywords);
    case "const":
    case "enum":
      return otherThan(keywords, keyword);
    case "minLength":
      return strings(0, keywords.count("minLength", 0) - 1);
    case "maxLength":
      return strings(keywords.count("maxLength", Infinity) + 1, Infinity);
    case "pattern":
      return patternsOf(keywords, ["pattern"]).map((own) => ({ ...anyText, patterns: [others(own)] }));
    case "minimum":
    case "exclusiveMinimum": {
      const least = bound(keywords, "minimum", "exclusiveMinimum", Math.max);
      return least ? [{ ...anyNumber, most: { value: least.value, strict: !least.strict } }] : [];
    }
    case "maximum":
    case "exclusiveMaximum": {
      const most = bound(keywords, "maximum", "exclusiveMaximum", Math.min);
      return most ? [{ ...anyNumber, least: { value: most.value, strict: !most.strict } }] : [];
    }
    case "minItems":
      return lists(0, keywords.count("minItems", 0) - 1);
    case "maxItems":
      return lists(keywords.count("maxItems", Infinity) + 1, Infinity);
    case "minProperties":
      return objects(0, keywords.count("minProperties", 0) - 1);
    case "maxProperties":
      return objects(keywords.count("maxProperties", Infinity) + 1, Infinity);
    case "required":
      return keywords.texts("required").map(without);
    case "properties":
      return [...keywords.named("properties")].map(([name, own]) => withProperty(name, opposite(own)));
    case "dependentRequired":
      return Object.entries(keywords.lists("dependentRequired")).flatMap(([name, needed]) =>
        both([withAll([name])], needed.map(without)),
      );
    case "contains":
      if (keywords.value("minContains") !== undefined || keywords.value("maxContains") !== undefined) break;
      return [{ ...anyList, rules: [{ prefix: [], rest: opposite(part()), evaluates: false }] }];
    case "items":
      if (keywords.value("prefixItems") !== undefined || Array.isArray(keywords.value("items"))) break;
      return [{ ...anyList, contains: [{ item: opposite(part()), least: 1, most: Infinity }] }];
    case "multipleOf":
      if (multiples(keywords, false).multiples.length > 0) break;
      return [{ ...anyNumber, broken: true }];
  }
  const { located } = keywords;
  throw fault(
    located,
    `${keyword} is not supported in what may not be: under not, if, or an option of oneOf`,
  );
}

/** With `if`, `then` or `else` does not hold. */
function brokenCondition(keywords: Keywords, { allowed, both }: Parts): readonly Shape[] {
  const condition = keywords.schema("if") as Located;
  const [then, otherwise] = [keywords.schema("then"), keywords.schema("else")];
  return [
    ...(then ? both(allowed(condition), allowed(opposite(then))) : []),
    ...(otherwise ? both(allowed(opposite(condition)), allowed(opposite(otherwise))) : []),
  ];
}

const sized = (shape: Extract<Shape, { readonly least: number }>): readonly Shape[] =>
  shape.least > shape.most || shape.least === Infinity ? [] : [shape];

const withProperty = (name: string, own: Located): ObjectShape => ({
  ...withAll([name]),
  rules: [{ properties: new Map([[name, own]]), patterns: [], others: undefined, evaluates: false }],
});

function ofTypes(keywords: Keywords): readonly Shape[] {
  const types = [keywords.value("type") ?? []].flat().map(String);
  const unknown = types.find((type) => !Object.hasOwn(KINDS, type));
  if (unknown !== undefined) throw keywords.fault("type", `must be of ${Object.keys(KINDS).join(", ")}`);
  const own = types.map((type) => (type === "integer" ? "number" : type));
  const outside = everything.filter((shape) => own.every((type) => KINDS[type]?.(shape) === undefined));
  const isWhole = types.includes("integer") && !types.includes("number");
  return isWhole ? [...outside, { ...anyNumber, broken: true }] : outside;
}

/** All values but those of `const` or `enum`. */
function otherThan(keywords: Keywords, keyword: string): readonly Shape[] {
  const values = [keywords.value(keyword) as JsonValue | readonly JsonValue[]].flat() as readonly JsonValue[];
  const isList = keyword === "const" && Array.isArray(keywords.value(keyword));
  if (isList || values.some((value) => typeof value === "object" && value !== null))
    throw keywords.fault(keyword, "of lists and objects is not supported in what may not be");
  const texts = values.filter((value) => typeof value === "string");
  const numbers = values.filter((value) => typeof value === "number").sort((a, b) => a - b);
  return everything.flatMap((shape): readonly Shape[] => {
    switch (shape.kind) {
      case "null":
        return values.includes(null) ? [] : [shape];
      case "values": {
        const left = shape.values.filter((value) => !values.includes(value));
        return left.length === 0 ? [] : [{ ...shape, values: left }];
      }
      case "string":
        return texts.length === 0 ? [shape] : [{ ...shape, patterns: [others(ofTexts(texts))] }];
      case "number": {
        const bounds = numbers.map((value) => ({ value, strict: true }));
        return [undefined, ...bounds].map((least, i) => ({ ...shape, least, most: bounds[i] }));
      }
      default:
        return [shape];
    }
  });
}
