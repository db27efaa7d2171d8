/** Contents of messages: a text, or parts of text. */
import { isJsonObject, type JsonValue } from "../../files/json.ts";

/** @param kinds of parts that are texts @returns undefined for a content that holds something else */
export function textOfParts(
  content: JsonValue | undefined,
  kinds: readonly string[] = ["text"],
): string | undefined {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part: JsonValue) =>
    isJsonObject(part) && kinds.includes(String(part.type)) ? part.text : undefined,
  );
  return texts.every((text) => typeof text === "string") ? texts.join("") : undefined;
}
