/** A request of Anthropic's API (https://docs.anthropic.com/en/api/messages) in the words of OpenAI's. */
import type { ExactJson } from "../../../chat/jinja/values/json-values.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../files/json.ts";
import { quote } from "../../../files/quote.ts";
import type { RequestFields } from "../../http/fields.ts";
import { maxTokens, samplingOptions, unsupported } from "../../sampling-fields.ts";
import type { Service } from "../../service.ts";
import { outputFormat } from "../../text-form.ts";
import type { ChatRun } from "../chat-answers.ts";
import { type ChatQuestion, chosen, type Offered, questionOf, toolsOf } from "../chat-prompt.ts";
import { textOfParts } from "../message-parts.ts";

export interface MessagesRequest extends ChatRun {
  readonly stops: readonly string[];
  readonly stream: boolean;
}

/** @throws RequestError 400, before anything is run */
export function readMessagesRequest(fields: RequestFields, service: Service): MessagesRequest {
  const question = readQuestion(fields, service);
  const limit = maxTokens(fields, "max_tokens");
  if (limit === undefined) throw fields.wrong("max_tokens", "a number of tokens");
  const stops = fields.texts("stop_sequences") ?? [];
  const options = {
    ...service.defaults,
    ...samplingOptions(fields),
    ...outputFormat(fields),
    maxTokens: limit,
    stop: stops,
  };
  return { question, options, count: 1, stops, stream: fields.flag("stream") ?? false };
}

export function readQuestion(fields: RequestFields, service: Service): ChatQuestion {
  service.checkModel(fields.text("model"));
  const list = fields.value("messages");
  if (!Array.isArray(list) || list.length === 0) throw fields.wrong("messages", "a list of messages");
  const messages = list.flatMap((message, index) => messagesOf(message, index, fields));
  if (messages.at(-1)?.role === "assistant") {
    throw unsupported(
      "messages",
      "the last message must be the user's: an answer cannot be begun for the model",
    );
  }
  const system = textOfParts(fields.value("system") ?? "");
  if (system === undefined) throw fields.wrong("system", "a text, or blocks of text");
  const first = system === "" ? [] : [{ role: "system", content: system }];
  return questionOf(service, {
    messages: [...first, ...messages],
    ...readTools(fields, service),
    variables: thinking(fields),
  });
}

function thinking(fields: RequestFields): ReadonlyMap<string, ExactJson> {
  const type = fields.object("thinking")?.text("type");
  return new Map(type === undefined ? [] : [["enable_thinking", type !== "disabled"]]);
}

function readTools(fields: RequestFields, service: Service): Offered {
  const given = fields.object("tool_choice");
  given?.pass("disable_parallel_tool_use");
  const type = given?.text("type") ?? "auto";
  const choice = type === "any" ? "required" : type === "tool" ? { name: given?.text("name") ?? "" } : type;
  const list = fields.value("tools") ?? [];
  if (!Array.isArray(list)) throw fields.wrong("tools", "a list of functions");
  const functions = list.map((tool: JsonValue): JsonValue => {
    if (!isJsonObject(tool)) return tool;
    const { type = "custom", name, description, input_schema: parameters, strict } = tool;
    if (type !== "custom") throw unsupported("tools", `expected functions of your own, found ${quote(type)}`);
    return { type: "function", function: defined({ name, description, parameters, strict }) };
  });
  return chosen(toolsOf(functions, fields, service), choice, fields);
}

const defined = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

/** Results of calls are messages of their own, before what the user says. */
function messagesOf(message: JsonValue, index: number, fields: RequestFields): JsonObject[] {
  const { role, content } = isJsonObject(message) ? message : {};
  if (role !== "user" && role !== "assistant")
    throw fields.wrong("messages", `a message of user or assistant at ${index}`);
  if (typeof content === "string") return [{ role, content }];
  const blocks = (Array.isArray(content) ? content : []).filter(isJsonObject);
  const of = (type: string) => blocks.filter((block) => block.type === type);
  const known = ["text", "tool_use", "tool_result", "thinking", "redacted_thinking"];
  if (blocks.length === 0 || blocks.some(({ type }) => typeof type !== "string" || !known.includes(type))) {
    throw fields.wrong("messages", `blocks of ${known.slice(0, 4).join(", ")} at ${index}`);
  }
  const results = of("tool_result").map((block) => resultOf(block, index, fields));
  const text = textOfParts(of("text")) ?? "";
  const calls = of("tool_use").map(({ id, name, input = {} }) => ({
    ...{ id: id ?? "", type: "function" },
    function: { name: name ?? "", arguments: JSON.stringify(input) },
  }));
  const thoughts = of("thinking").map(({ thinking: thought }) => String(thought ?? ""));
  const own = {
    ...{ role, content: text },
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(thoughts.length > 0 && { reasoning_content: thoughts.join("") }),
  };
  return text === "" && calls.length === 0 && results.length > 0 ? results : [...results, own];
}

function resultOf(
  { tool_use_id: id, content = "" }: JsonObject,
  index: number,
  fields: RequestFields,
): JsonObject {
  const text = textOfParts(content);
  if (text === undefined) throw fields.wrong("messages", `a result of text at ${index}`);
  return { role: "tool", tool_call_id: id ?? "", content: text };
}
