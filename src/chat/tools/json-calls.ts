/** Calls that are JSON: `{"name": .., "arguments": {..}}`, one, several, or a list of them. */
import type { ToolCall } from "../answer/answer-part.ts";
import { NO_ARGUMENTS } from "../jinja/values/arguments.ts";
import { toJson } from "../jinja/values/json.ts";
import { type ExactJson, parseExactJson, valueFrom } from "../jinja/values/json-values.ts";

/** JSON as templates spell it, so that the prompt of the next turn begins as the model wrote. */
export const jsonText = (value: ExactJson): string =>
  toJson(valueFrom(value, "assistant"), NO_ARGUMENTS).text;

/** @returns undefined for a text that is no JSON */
export function exactJson(text: string): ExactJson | undefined {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

/** Whether a text is a JSON object. */
export const isJsonObjectText = (text: string): boolean => exactJson(text) instanceof Map;

/** The calls in a text of JSON values with white space, commas or semicolons between them. */
export function jsonCalls(text: string): ToolCall[] | undefined {
  const values = jsonValues(text);
  if (values === undefined || values.length === 0) return undefined;
  const calls = values.flatMap((value) => (Array.isArray(value) ? value : [value])).map(callOf);
  return calls.every((call) => call !== undefined) ? calls : undefined;
}

/** Names of the fields in the formats of all families. */
const NAMES = ["name", "tool_name", "function"];
const ARGUMENTS = ["arguments", "parameters"];

function callOf(value: ExactJson): ToolCall | undefined {
  if (!(value instanceof Map)) return undefined;
  const field = (names: readonly string[]): ExactJson | undefined =>
    names.map((name) => value.get(name)).find((found) => found !== undefined);
  const name = field(NAMES);
  const given = field(ARGUMENTS) ?? new Map();
  const parsed = typeof given === "string" ? exactJson(given) : given;
  if (typeof name !== "string" || !(parsed instanceof Map)) return undefined;
  return { name, arguments: jsonText(parsed) };
}

const SEPARATORS = /[\s,;]/;

function jsonValues(text: string): ExactJson[] | undefined {
  const values: ExactJson[] = [];
  for (let at = 0; at < text.length; at++) {
    if (SEPARATORS.test(text.charAt(at))) continue;
    const end = endOfJson(text, at);
    const value = end === undefined ? undefined : exactJson(text.slice(at, end));
    if (end === undefined || value === undefined) return undefined;
    values.push(value);
    at = end - 1;
  }
  return values;
}

/** The place behind the object or list that begins at a place; undefined if it has no end. */
export function endOfJson(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') {
      for (at++; at < text.length && text.charAt(at) !== '"'; at++) if (text.charAt(at) === "\\") at++;
    } else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    if (depth === 0) return character === "}" || character === "]" ? at + 1 : undefined;
  }
  return undefined;
}
