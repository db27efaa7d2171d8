/**
 * A request for an answer to messages, as OpenAI's API has it:
 * https://platform.openai.com/docs/api-reference/chat.
 */
import { parseExactJson } from "../../chat/jinja/values/json-values.ts";
import { promptIdsOf } from "../../chat/template/prompt-ids.ts";
import { GptError } from "../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";
import type { RequestFields } from "../http/fields.ts";
import { RequestError } from "../http/request-error.ts";
import { maxTokens, samplingOptions, unsupported } from "../sampling-fields.ts";
import type { Service } from "../service.ts";
import type { Wish } from "./generate-all.ts";

/** Choices of a request. */
const MAX_CHOICES = 128;

export interface ChatRequest extends Wish {
  readonly logprobs: boolean;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/** @throws RequestError 400, before anything is run */
export function readChatRequest(fields: RequestFields, service: Service): ChatRequest {
  service.checkModel(fields.text("model"));
  fields.refuse("tools", []);
  fields.refuse("functions", []);
  fields.pass("tool_choice", "parallel_tool_calls", "modalities", "prediction");
  const format = fields.object("response_format");
  if (format && (format.text("type") ?? "text") !== "text") {
    throw unsupported("response_format", "no shape of the answer can be asked for yet");
  }
  const stream = fields.flag("stream") ?? false;
  const includeUsage = fields.object("stream_options")?.flag("include_usage") ?? false;
  const logprobs = fields.flag("logprobs") ?? false;
  const top = fields.whole("top_logprobs", 0, 20);
  if (top !== undefined && !logprobs) throw fields.wrong("top_logprobs", "logprobs: true beside it");
  const { contextSize } = service.model;
  const options = {
    ...service.defaults,
    ...samplingOptions(fields),
    maxTokens: maxTokens(fields, "max_completion_tokens", "max_tokens") ?? contextSize,
    ...(logprobs && { logprobs: top ?? 0 }),
  };
  const count = fields.whole("n", 1, MAX_CHOICES) ?? 1;
  return { prompts: [promptOf(fields, service)], options, count, logprobs, stream, includeUsage };
}

/** @throws RequestError 400 for messages that the template refuses, and for a model without one */
function promptOf(fields: RequestFields, service: Service): readonly number[] {
  const { template, name, model } = service;
  if (template === undefined) {
    const message = `${name} has no chat template: it continues texts, at /v1/completions`;
    throw new RequestError(400, message, { param: "model", code: "unsupported_value" });
  }
  const value = fields.value("messages");
  if (!Array.isArray(value) || value.length === 0) throw fields.wrong("messages", "a list of messages");
  const messages = value.map((message, i) => messageOf(message, i, fields));
  const variables = fields.object("chat_template_kwargs")?.entries() ?? [];
  try {
    const prompt = template.render(exact(messages), {
      addGenerationPrompt: fields.flag("add_generation_prompt") ?? true,
      variables: new Map(variables.map(([key, value = null]) => [key, exact(value)])),
    });
    const ids = promptIdsOf(model.tokenizer, prompt);
    service.checkLength(ids, "messages");
    return ids;
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
