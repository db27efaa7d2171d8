/**
 * What a schema does not allow, as shapes, for `not` and `if`: of types, of values, and of objects by one required
 * property, or one property of some values, as discriminators are. Of other schemas it is refused.
 */
import { isJsonObject, type JsonObject, type JsonValue } from "../../../files/json.ts";
import { ofTexts, others } from "../regular/automaton.ts";
import { fault, inside, type Located } from "./keywords.ts";
import { KINDS } from "./kinds.ts";
import { everything, type ObjectShape, type Shape } from "./shapes.ts";

const anyObject = everything.find(({ kind }) => kind === "object") as ObjectShape;
const noObjects = everything.filter(({ kind }) => kind !== "object");

/** Keywords that say nothing about values. */
const ANNOTATIONS = ["title", "description", "$comment"];

/** Everything but objects with all of these properties. */
export const withAll = (names: readonly string[]): readonly Shape[] => [
  ...noObjects,
  { ...anyObject, required: new Set(names) },
];

/** Objects without a property. */
export const without = (name: string): readonly Shape[] => [
  { ...anyObject, names: [others(ofTexts([name]))] },
];

/** @throws GptError `usage` for a schema whose opposite is not known */
export function complementOf(located: Located): readonly Shape[] {
  const { schema } = located;
  if (typeof schema === "boolean") return schema ? [] : everything;
  const refused = fault(
    located,
    "not and if are supported with type, const, enum, required, and properties of these",
  );
  if (!isJsonObject(schema)) throw refused;
  const { properties, required = [], type, ...rest } = schema;
  const own = Object.keys(rest).filter((keyword) => !ANNOTATIONS.includes(keyword));
  const isObject = properties !== undefined || schema.required !== undefined;
  if (isObject) {
    if (own.length > 0 || (type !== undefined && type !== "object")) throw refused;
    const outside = type === undefined ? [] : noObjects;
    return [...outside, ...ofObjects(located, properties ?? {}, required, refused)];
  }
  if (own.length > 1) throw refused;
  const [keyword] = own;
  const outside = type === undefined ? [] : ofTypes([type].flat(), refused);
  if (keyword === undefined) return outside;
  const values = keyword === "const" ? [schema.const ?? null] : schema.enum;
  if ((keyword !== "const" && keyword !== "enum") || !Array.isArray(values)) throw refused;
  // Values of another type are outside of it already: all that is not one of the values is outside.
  return otherThan(values, refused);
}

function ofTypes(types: readonly JsonValue[], refused: Error): readonly Shape[] {
  const isKnown = types.every(
    (type) => typeof type === "string" && type !== "integer" && Object.hasOwn(KINDS, type),
  );
  if (!isKnown) throw refused;
  return everything.filter((shape) => types.every((type) => KINDS[type as string]?.(shape) === undefined));
}

/** Objects that break one of the rules: a required property is not there, or a property has another value. */
function ofObjects(
  located: Located,
  properties: JsonValue,
  required: JsonValue,
  refused: Error,
): readonly Shape[] {
  if (!isJsonObject(properties) || !Array.isArray(required)) throw refused;
  const missing = required.flatMap((name) => without(String(name)));
  const named = inside(located, "properties", properties);
  const other = Object.entries(properties as JsonObject).flatMap(([name, schema = true]): Shape[] => {
    const place = inside(named, name, schema);
    complementOf(place); // Refused here, with its place.
    // The name of a rule is its pointer: the opposite has another one.
    const own = { schema: { not: schema }, pointer: `not ${place.pointer}` };
    const rule = { properties: new Map([[name, own]]), patterns: [], others: undefined };
    return [{ ...anyObject, required: new Set([name]), rules: [rule] }];
  });
  return [...missing, ...other];
}

/** All values but some. */
function otherThan(values: readonly JsonValue[], refused: Error): readonly Shape[] {
  if (values.some((value) => typeof value === "object" && value !== null)) throw refused;
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
