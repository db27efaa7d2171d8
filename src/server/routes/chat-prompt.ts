/** Messages of a request -> the prompt that the model's template makes of them, as ids. */
import { parseExactJson } from "../../chat/jinja/values/json-values.ts";
import type { RenderOptions } from "../../chat/template/chat-template.ts";
import { promptIdsOf } from "../../chat/template/prompt-ids.ts";
import { GptError } from "../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";
import type { RequestFields } from "../http/fields.ts";
import { RequestError } from "../http/request-error.ts";
import type { Service } from "../service.ts";

/** @throws RequestError 400 for messages that the template refuses, and for a model without one */
export function chatPrompt(fields: RequestFields, service: Service): readonly number[] {
  const value = fields.value("messages");
  if (!Array.isArray(value) || value.length === 0) throw fields.wrong("messages", "a list of messages");
  const messages = value.map((message, i) => messageOf(message, i, fields));
  const variables = fields.object("chat_template_kwargs")?.entries() ?? [];
  const addGenerationPrompt = fields.flag("add_generation_prompt") ?? true;
  const ids = chatPromptOf(messages, service, {
    addGenerationPrompt,
    variables: new Map(variables.map(([key, value = null]) => [key, exact(value)])),
  });
  service.checkLength(ids, "messages");
  return ids;
}

/** @throws RequestError 400 */
export function chatPromptOf(
  messages: readonly JsonObject[],
  { template, name, model }: Service,
  options: RenderOptions = {},
): readonly number[] {
  if (template === undefined) {
    const message = `${name} has no chat template: it continues texts, at /v1/completions`;
    throw new RequestError(400, message, { param: "model", code: "unsupported_value" });
  }
  try {
    return promptIdsOf(model.tokenizer, template.render(exact(messages), options));
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    throw new RequestError(400, error.message, { param: "messages", code: "invalid_value" });
  }
}

const exact = (value: JsonValue) => parseExactJson(JSON.stringify(value));

/** Texts in parts become one text, and developers' messages the system's. */
function messageOf(message: JsonValue, index: number, fields: RequestFields): JsonObject {
  if (!isJsonObject(message) || typeof message.role !== "string") {
    throw fields.wrong("messages", `a message with a role at ${index}`);
  }
  const { role, content } = message;
  const isText = content === undefined || content === null || typeof content === "string";
  const text = isText ? content : Array.isArray(content) ? joined(content) : undefined;
  if (text === undefined && !isText) throw fields.wrong("messages", `a text, or parts of text, at ${index}`);
  return { ...message, role: role === "developer" ? "system" : role, content: text ?? null };
}

function joined(parts: readonly JsonValue[]): string | undefined {
  const texts = parts.map((part) => (isJsonObject(part) && part.type === "text" ? part.text : undefined));
  return texts.every((text) => typeof text === "string") ? texts.join("") : undefined;
}
