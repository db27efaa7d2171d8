/** JSON files of a model. */
import { GptError } from "../errors.ts";
import { type InputFile, withFile } from "./file.ts";
import { findJsonFault } from "./json-fault.ts";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** For values that JSON.parse returns. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads a JSON file that holds an object.
 * @throws GptError `not-found`; `invalid-file` for a file that is too large or no JSON object
 */
export async function readJsonObject(path: string): Promise<JsonObject> {
  return withFile(path, async (file) => {
    return parseJsonObject(await file.readAll(), file, "the file");
  });
}

/**
 * Reads a JSON file that holds a list.
 * @throws GptError as `readJsonObject`
 */
export async function readJsonList(path: string): Promise<readonly JsonValue[]> {
  return withFile(path, async (file) => {
    const value = await parseJson(await file.readAll(), file, "the file");
    if (!Array.isArray(value)) throw await file.rejection("the file is JSON, but not a list in brackets");
    return value;
  });
}

/** Parses bytes of a file. @param what their name in an error */
export async function parseJsonObject(bytes: Uint8Array, file: InputFile, what: string): Promise<JsonObject> {
  const value = await parseJson(bytes, file, what);
  if (!isJsonObject(value)) throw await file.rejection(`${what} is JSON, but not an object in braces`);
  return value;
}

async function parseJson(bytes: Uint8Array, file: InputFile, what: string): Promise<JsonValue> {
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return JSON.parse(text);
  } catch {
    throw await file.rejection(
      `${what} is not valid JSON: ${faultOf(text)}it is damaged or cut short, fetch it again`,
    );
  }
}

/** `line 2, column 14: expected a colon, found "}"; `, or nothing for bytes that are no text. */
function faultOf(text: string): string {
  try {
    if (text !== "") findJsonFault(text);
    return "";
  } catch (error) {
    return error instanceof GptError ? `${error.message}; ` : "";
  }
}

/**
 * Finds a name that occurs twice in the outermost object of a valid JSON text: JSON.parse keeps the last
 * value only. The values in that object must be objects or lists.
 */
export function repeatedName(json: string): string | undefined {
  const names = new Set<string>();
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const character = json.charAt(at);
    if (character === "{" || character === "[") depth++;
    if (character === "}" || character === "]") depth--;
    if (character !== '"') continue;
    const begin = at++;
    while (json.charAt(at) !== '"') at += json.charAt(at) === "\\" ? 2 : 1;
    if (depth !== 1) continue;
    const name: string = JSON.parse(json.slice(begin, at + 1));
    if (names.has(name)) return name;
    names.add(name);
  }
  return undefined;
}
