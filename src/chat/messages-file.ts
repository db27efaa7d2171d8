/** A conversation in a file: a line of JSON for each message, which people can read and write. */
import { GptError } from "../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../files/json.ts";
import type { ChatMessage, MessageCall } from "./template/messages.ts";

export const messageLines = (messages: readonly ChatMessage[]): string =>
  messages.map((message) => `${JSON.stringify(message)}\n`).join("");

/** @throws GptError `invalid-file` that names the line */
export function parseMessageLines(text: string, file: string): ChatMessage[] {
  const lines = text.split("\n").map((line, index) => ({ line, number: index + 1 }));
  return lines
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, number }) => {
      const message = messageIn(objectIn(line));
      if (message !== undefined) return message;
      const expected = 'expected {"role": "user", "content": "text"}';
      throw new GptError("invalid-file", `${file}, line ${number}: is no message: ${expected}`);
    });
}

/** Fields that no message has are left out. */
function messageIn(object: JsonObject): ChatMessage | undefined {
  const { role, content, reasoning_content: reasoning, tool_calls: calls, tool_call_id: id, name } = object;
  if (typeof role !== "string" || typeof content !== "string") return undefined;
  const texts = [reasoning, id, name].filter((text) => text !== undefined);
  if (texts.some((text) => typeof text !== "string")) return undefined;
  if (calls !== undefined && !(Array.isArray(calls) && calls.every(isCall))) return undefined;
  return JSON.parse(
    JSON.stringify({
      role,
      content,
      reasoning_content: reasoning,
      tool_calls: calls,
      tool_call_id: id,
      name,
    }),
  ) as ChatMessage;
}

function isCall(value: JsonValue): value is JsonObject & MessageCall {
  if (!isJsonObject(value) || typeof value.id !== "string" || value.type !== "function") return false;
  const { function: own } = value;
  return isJsonObject(own) && typeof own.name === "string" && typeof own.arguments === "string";
}

function objectIn(line: string) {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}
