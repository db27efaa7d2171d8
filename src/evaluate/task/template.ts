/** Templates: `{field}` stands for a field of an item, `{field.0}` for an element of a list. */
import { GptError } from "../../errors.ts";
import type { JsonValue } from "../../files/json.ts";
import { quote } from "../../files/quote.ts";
import type { Fields } from "./definition.ts";

const PLACE = /\{([\w-]+(?:\.[\w-]+)*)\}/g;

/** @throws GptError `invalid-file` for a field that the item lacks */
export const fill = (template: string, fields: Fields): string =>
  template.replace(PLACE, (_, path: string) => textOf(valueAt(path, fields), path));

/** The value of a template that is one field; else its text. */
export function valueIn(template: string, fields: Fields): JsonValue {
  const [whole, path] = /^\{([\w-]+(?:\.[\w-]+)*)\}$/.exec(template) ?? [];
  return whole === undefined || path === undefined ? fill(template, fields) : valueAt(path, fields);
}

function valueAt(path: string, fields: Fields): JsonValue {
  let value: unknown = fields;
  for (const name of path.split(".")) {
    value =
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  }
  if (value !== undefined) return value as JsonValue;
  const names = Object.keys(fields).join(", ");
  throw new GptError("invalid-file", `there is no field ${quote(path)}: the fields are ${names}`);
}

function textOf(value: JsonValue, path: string): string {
  if (typeof value === "object") {
    throw new GptError("invalid-file", `the field ${quote(path)} is ${quote(value)}, expected a text`);
  }
  return String(value);
}
