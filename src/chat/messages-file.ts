/** A conversation in a file: a line of JSON for each message, which people can read and write. */
import { GptError } from "../errors.ts";
import { isJsonObject } from "../files/json.ts";
import type { ChatMessage } from "./template/chat-prompts.ts";

export const messageLines = (messages: readonly ChatMessage[]): string =>
  messages.map(({ role, content }) => `${JSON.stringify({ role, content })}\n`).join("");

/** @throws GptError `invalid-file` that names the line */
export function parseMessageLines(text: string, file: string): ChatMessage[] {
  const lines = text.split("\n").map((line, index) => ({ line, number: index + 1 }));
  return lines
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, number }) => {
      const { role, content } = objectIn(line);
      if (typeof role === "string" && typeof content === "string") return { role, content };
      const expected = 'expected {"role": "user", "content": "text"}';
      throw new GptError("invalid-file", `${file}, line ${number}: is no message: ${expected}`);
    });
}

function objectIn(line: string) {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}
