/** Reads the JSON files that lie beside the weights. */
import { GptError } from "../errors.ts";
import type { JsonObject, JsonValue } from "./checkpoint.ts";
import { type InputFile, withFile } from "./file.ts";

/** The largest real one, the shard index of a 671B mixture of experts, takes 9 MB. */
const MAX_JSON_BYTES = 64 * 2 ** 20;

/** For values that came out of JSON. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads a JSON file that holds an object.
 * @throws GptError `not-found`, or `invalid-file` for anything but a JSON object of a sane size
 */
export async function readJsonObject(path: string): Promise<JsonObject> {
  return withFile(path, async (file) => {
    if (file.size > MAX_JSON_BYTES) {
      const limit = `expected at most ${MAX_JSON_BYTES}`;
      throw new GptError("invalid-file", `${path}: has ${file.size} bytes of JSON, ${limit}`);
    }
    const bytes = new Uint8Array(file.size);
    await file.read(0, bytes, "its JSON");
    return parseJsonObject(bytes, file, "the file");
  });
}

/** Parses bytes that came from `file`; `what` names them in a message. */
export async function parseJsonObject(bytes: Uint8Array, file: InputFile, what: string): Promise<JsonObject> {
  let value: JsonValue;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw await file.rejection(`${what} is not valid JSON: it is damaged or cut short, fetch it again`);
  }
  if (!isJsonObject(value)) throw await file.rejection(`${what} is JSON, but not an object in braces`);
  return value;
}
