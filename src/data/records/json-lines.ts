/** Lines of JSON -> their records. */
import { GptError } from "../../errors.ts";
import { isJsonObject, type JsonObject } from "../../files/json.ts";
import { JsonFields } from "../../files/json-fields.ts";
import { type Line, lineText, splitLines } from "../../files/lines.ts";
import { quote } from "../../files/quote.ts";

/**
 * Yields the object of every line that is not blank. The `file` of a record is the name with the number of
 * the line, for errors.
 * @throws GptError `invalid-file` for a line that is not an object, with its number
 */
export async function* jsonRecords(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<JsonFields, void, void> {
  let number = 0;
  for await (const line of splitLines(chunks)) {
    const record = jsonRecord(line, name, ++number);
    if (record !== undefined) yield record;
  }
}

/** The object of one line; undefined for a blank one. @throws as `jsonRecords` */
export function jsonRecord(line: Line, name: string, number: number): JsonFields | undefined {
  return atLine(name, number, () => {
    const text = lineText(line);
    return text.trim() === ""
      ? undefined
      : new JsonFields(`${name}:${number}`, "", parseObject(text, "line"));
  });
}

/** @param what the text is, for errors */
export function parseObject(text: string, what: "line" | "element"): JsonObject {
  const value = parsed(text);
  if (isJsonObject(value)) return value;
  const found = value === undefined ? "is not valid JSON" : `is ${quote(value)}`;
  throw new GptError("invalid-file", `the ${what} ${found}, expected an object in braces`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Puts the place of a line before its error. */
export function atLine<T>(name: string, number: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    throw new GptError(error.code, `${name}:${number}: ${error.message}`, { cause: error });
  }
}
