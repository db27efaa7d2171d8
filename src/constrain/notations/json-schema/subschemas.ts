/** Where the schemas inside a schema stand. */
import { isJsonObject, type JsonObject } from "../../../files/json.ts";
import { inside, type Located } from "./keywords.ts";

const SINGLE = `additionalItems additionalProperties contains else if items not propertyNames then
  unevaluatedItems unevaluatedProperties`.split(/\s+/);
const LISTS = ["allOf", "anyOf", "items", "oneOf", "prefixItems"];
const NAMED = "$defs definitions dependencies dependentSchemas patternProperties properties".split(" ");

/** The schemas that stand in one keyword of a schema. */
export function* subschemas(located: Located, schema: JsonObject, keyword: string): Generator<Located> {
  const value = schema[keyword];
  if (value === undefined || value === null) return;
  const inner = inside(located, keyword, value);
  const isList = LISTS.includes(keyword) && Array.isArray(value);
  if (isList || (NAMED.includes(keyword) && isJsonObject(value))) {
    for (const [key, part = null] of Object.entries(value as object)) yield inside(inner, key, part);
  } else if (SINGLE.includes(keyword)) yield inner;
}
