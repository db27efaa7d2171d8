/**
 * A request of OpenAI's Responses API in the words of chat completions. Nothing is stored between requests.
 */
import type { ExactJson } from "../../../../chat/jinja/values/json-values.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../../files/json.ts";
import type { RequestFields } from "../../../http/fields.ts";
import { maxTokens, samplingOptions, unsupported } from "../../../sampling-fields.ts";
import type { Service } from "../../../service.ts";
import { textFormat } from "../../../text-form.ts";
import type { ChatRun } from "../../chat-answers.ts";
import { type ChatQuestion, chosen, type Offered, questionOf, toolsOf } from "../../chat-prompt.ts";
import { textOfParts } from "../../message-parts.ts";

export interface ResponsesRequest extends ChatRun {
  readonly stream: boolean;
  /** Fields that replies repeat. */
  readonly echoed: object;
}

/** @throws RequestError 400, before anything is run */
export function readResponsesRequest(fields: RequestFields, service: Service): ResponsesRequest {
  const question = readResponsesQuestion(fields, service);
  fields.pass("include", "background", "truncation", "max_tool_calls");
  const form = textFormat(fields.object("text"));
  const limit = maxTokens(fields, "max_output_tokens");
  const own = samplingOptions(fields);
  const options = { ...service.defaults, ...own, ...form, maxTokens: limit ?? service.model.contextSize };
  const echoed = {
    ...{ instructions: fields.text("instructions") ?? null, max_output_tokens: limit ?? null },
    ...{ temperature: own.temperature ?? null, top_p: own.topP ?? null, parallel_tool_calls: true },
    ...{ tools: fields.value("tools") ?? [], tool_choice: fields.value("tool_choice") ?? "auto" },
    ...{ previous_response_id: null, store: false, metadata: fields.value("metadata") ?? {} },
    ...{ text: fields.value("text") ?? { format: { type: "text" } }, truncation: "disabled" },
  };
  return { question, options, count: 1, stream: fields.flag("stream") ?? false, echoed };
}

export function readResponsesQuestion(fields: RequestFields, service: Service): ChatQuestion {
  service.checkModel(fields.text("model"));
  for (const name of ["previous_response_id", "conversation", "prompt"]) {
    if (fields.value(name) !== undefined) {
      throw unsupported(name, "nothing is stored here: send the whole conversation as input");
    }
  }
  const instructions = fields.text("instructions");
  const first = instructions === undefined ? [] : [{ role: "system", content: instructions }];
  return questionOf(service, {
    messages: [...first, ...merged(itemsOf(fields).flatMap((item, i) => messagesOf(item, i, fields)))],
    ...readTools(fields, service),
    variables: effort(fields),
  });
}

function effort(fields: RequestFields): ReadonlyMap<string, ExactJson> {
  const reasoning = fields.object("reasoning");
  reasoning?.pass("summary", "generate_summary");
  const own = reasoning?.text("effort");
  return new Map(own === undefined ? [] : [["reasoning_effort", own]]);
}

function itemsOf(fields: RequestFields): readonly JsonValue[] {
  const input = fields.value("input");
  if (typeof input === "string") return [{ role: "user", content: input }];
  if (Array.isArray(input) && input.length > 0) return input;
  throw fields.wrong("input", "a text, or a list of items");
}

const PARTS = ["input_text", "output_text", "text", "reasoning_text"];

function messagesOf(item: JsonValue, index: number, fields: RequestFields): JsonObject[] {
  const wrong = () =>
    fields.wrong("input", `a message, function_call, function_call_output or reasoning at ${index}`);
  if (!isJsonObject(item)) throw wrong();
  const { type = "message", role, call_id: id } = item;
  if (type === "message" && typeof role === "string") {
    const content = textOfParts(item.content, PARTS);
    if (content === undefined) throw fields.wrong("input", `a text, or parts of text, at ${index}`);
    return [{ role: role === "developer" ? "system" : role, content }];
  }
  if (type === "function_call") {
    const own = { name: item.name ?? "", arguments: item.arguments ?? "{}" };
    return [
      { role: "assistant", content: "", tool_calls: [{ id: id ?? "", type: "function", function: own }] },
    ];
  }
  if (type === "function_call_output") {
    const content = textOfParts(item.output, PARTS);
    if (content === undefined) throw fields.wrong("input", `an output of text at ${index}`);
    return [{ role: "tool", tool_call_id: id ?? "", content }];
  }
  if (type !== "reasoning") throw wrong();
  const thought = textOfParts(item.content, PARTS) ?? "";
  return thought === "" ? [] : [{ role: "assistant", content: "", reasoning_content: thought }];
}

/** What the model thought, said and called in one answer is one message. */
function merged(messages: readonly JsonObject[]): JsonObject[] {
  const list: JsonObject[] = [];
  for (const message of messages) {
    const last = list.at(-1);
    if (last?.role !== "assistant" || message.role !== "assistant") {
      list.push(message);
      continue;
    }
    const calls = [last.tool_calls, message.tool_calls].flatMap((own) => (Array.isArray(own) ? own : []));
    list[list.length - 1] = {
      ...{ ...last, ...message, content: `${last.content}${message.content}` },
      ...(calls.length > 0 && { tool_calls: calls }),
    };
  }
  return list;
}

/** Functions are flat here: `{"type": "function", "name", "parameters"}`. */
function readTools(fields: RequestFields, service: Service): Offered {
  const list = fields.value("tools") ?? [];
  if (!Array.isArray(list)) throw fields.wrong("tools", "a list of functions");
  const functions = list.map((tool: JsonValue): JsonValue => {
    if (!isJsonObject(tool) || tool.type !== "function") return tool;
    const { type, ...own } = tool;
    return { type, function: own };
  });
  return chosen(toolsOf(functions, fields, service), fields.value("tool_choice"), fields);
}
