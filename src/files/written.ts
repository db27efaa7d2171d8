/** What a field of a JSON record holds that people or models wrote: a text, or messages of a conversation. */
import type { JsonObject } from "./json.ts";
import type { JsonFields } from "./json-fields.ts";

/** Objects with a role and any other fields, as chat templates take them. */
export type Messages = readonly JsonObject[];

export type Written = string | Messages;

/** @throws GptError `invalid-file` for anything but a text or a list of messages */
export function writtenIn(record: JsonFields, name: string): Written {
  const value = record.get(name);
  if (typeof value === "string") return value;
  return Array.isArray(value) ? messagesIn(record, name) : record.fail(name, "a text, or a list of messages");
}

/** A misspelled role would be no error of a template, but an answer that nothing is learned from. */
const ROLES = ["system", "developer", "user", "assistant", "tool", "function", "ipython"];

/** @throws GptError `invalid-file` for no messages, and for one without a known role or without content */
export function messagesIn(record: JsonFields, name: string): Messages {
  const messages = record.objects(name);
  if (messages.length === 0) record.fail(name, 'messages: [{"role": "user", "content": "..."}]');
  return messages.map((message) => {
    if (!ROLES.includes(message.string("role"))) message.fail("role", ROLES.join(", "));
    if (message.get("tool_calls") === undefined && !Array.isArray(message.get("content")))
      message.string("content");
    return fieldsOf(message);
  });
}

/** The messages of a conversation; a text is one message of the role. */
export const asMessages = (written: Written, role: "user" | "assistant"): Messages =>
  typeof written === "string" ? [{ role, content: written }] : written;

/** A text, or the contents of messages one below the other. */
export const textOf = (written: Written): string =>
  typeof written === "string" ? written : written.map(contentOf).join("\n");

/** Empty for a message without a text, such as one that only calls functions. */
const contentOf = ({ content }: JsonObject): string => (typeof content === "string" ? content : "");

export const isSameMessage = (a: JsonObject | undefined, b: JsonObject | undefined): boolean =>
  a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b);

/** All fields of a record. */
export const fieldsOf = (record: JsonFields): JsonObject =>
  Object.fromEntries(record.names.map((name) => [name, record.get(name) ?? null]));
