/**
 * JSON as values of a template. JavaScript's objects lose the difference between 1 and 1.0, digits of large
 * numbers and the order of keys that are numbers; Python keeps them, and templates print them.
 */
import { MarkedText, type Origin } from "./marked-text.ts";
import { Dict, List, NONE, type Value } from "./values.ts";

/** JSON with ints as bigints, other numbers as numbers, and objects as maps. */
export type ExactJson =
  | string
  | bigint
  | number
  | boolean
  | null
  | readonly ExactJson[]
  | ReadonlyMap<string, ExactJson>;

/** @throws SyntaxError for a text that is no JSON */
export function parseExactJson(text: string): ExactJson {
  JSON.parse(text);
  // Each string gets the letter s, and each number becomes a string with the letter n.
  const lettered = text.replace(/"((?:[^"\\]|\\.)*)"|-?\d[\d.eE+-]*/g, (found, string?: string) =>
    string === undefined ? `"n${found}"` : `"s${string}"`,
  );
  return withoutLetters(JSON.parse(lettered));
}

function withoutLetters(value: unknown): ExactJson {
  if (typeof value === "string") {
    const body = value.slice(1);
    if (value[0] === "s") return body;
    return /^-?\d+$/.test(body) ? BigInt(body) : Number(body);
  }
  if (Array.isArray(value)) return value.map(withoutLetters);
  if (typeof value === "boolean") return value;
  if (typeof value !== "object" || value === null) return null;
  return new Map(Object.entries(value).map(([key, item]) => [key.slice(1), withoutLetters(item)] as const));
}

/** @param origin of all its texts */
export function valueFrom(json: ExactJson, origin: Origin): Value {
  if (json === null) return NONE;
  if (typeof json === "string") return MarkedText.of(json, origin);
  if (typeof json !== "object") return json;
  if (!(json instanceof Map)) return new List([...json.values()].map((item) => valueFrom(item, origin)));
  return new Dict(
    [...json].map(([key, item]) => [MarkedText.of(key, origin), valueFrom(item, origin)] as const),
  );
}
