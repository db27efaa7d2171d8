/** Messages in the form of OpenAI's API, which templates take too. */

import type { ExactJson } from "../jinja/values/json-values.ts";
import { exactJson } from "../tools/json-calls.ts";

/** A function that an answer calls. */
export interface MessageCall {
  readonly id: string;
  readonly type: "function";
  readonly function: {
    readonly name: string;
    /** The text of a JSON object. */
    readonly arguments: string;
  };
}

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  /** What the model thought before it answered. */
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly MessageCall[];
  /** Of a message with the result of a call: the call, and the name of the function. */
  readonly tool_call_id?: string;
  readonly name?: string;
}

export function messageJson(message: ChatMessage): ReadonlyMap<string, ExactJson> {
  const { tool_calls: calls, reasoning_content: reasoning, ...rest } = message;
  return new Map<string, ExactJson>([
    ...Object.entries(rest),
    // The name that the templates of gpt-oss have for it comes second.
    ...(reasoning === undefined
      ? []
      : (["reasoning_content", "thinking"].map((key) => [key, reasoning]) as [])),
    ...(calls === undefined ? [] : [["tool_calls", calls.map(callJson)] as const]),
  ]);
}

const callJson = ({ id, type, function: { name, arguments: text } }: MessageCall): ExactJson =>
  new Map<string, ExactJson>([
    ["id", id],
    ["type", type],
    ["function", new Map(Object.entries({ name, arguments: text }))],
  ]);

/** Programs send the arguments of calls as a text. Templates want the object, if the text is one. */
export function withParsedArguments(messages: ExactJson): ExactJson {
  if (!Array.isArray(messages)) return messages;
  return messages.map((message: ExactJson) =>
    inside(message, "tool_calls", (calls) =>
      Array.isArray(calls)
        ? calls.map((call: ExactJson) => inside(call, "function", (own) => inside(own, "arguments", parsed)))
        : calls,
    ),
  );
}

function parsed(text: ExactJson): ExactJson {
  const value = typeof text === "string" ? exactJson(text) : undefined;
  return value instanceof Map ? value : text;
}

/** An object with one field changed, if it has the field. */
function inside(object: ExactJson, field: string, change: (value: ExactJson) => ExactJson): ExactJson {
  if (!(object instanceof Map)) return object;
  const value = object.get(field);
  return value === undefined ? object : new Map([...object, [field, change(value)] as const]);
}
