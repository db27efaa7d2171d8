/**
 * A request for an answer to messages, as OpenAI's API has it:
 * https://platform.openai.com/docs/api-reference/chat.
 */
import type { RequestFields } from "../../http/fields.ts";
import { maxTokens, samplingOptions } from "../../sampling-fields.ts";
import type { Service } from "../../service.ts";
import { requestedForm } from "../../text-form.ts";
import type { ChatRun } from "../chat-answers.ts";
import { chatQuestion } from "../chat-prompt.ts";

/** Choices of a request. */
const MAX_CHOICES = 128;

export interface ChatRequest extends ChatRun {
  readonly logprobs: boolean;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/** @throws RequestError 400, before anything is run */
export function readChatRequest(fields: RequestFields, service: Service): ChatRequest {
  service.checkModel(fields.text("model"));
  fields.refuse("functions", []);
  fields.pass("modalities", "prediction");
  const stream = fields.flag("stream") ?? false;
  const includeUsage = fields.object("stream_options")?.flag("include_usage") ?? false;
  const logprobs = fields.flag("logprobs") ?? false;
  const top = fields.whole("top_logprobs", 0, 20);
  if (top !== undefined && !logprobs) throw fields.wrong("top_logprobs", "logprobs: true beside it");
  const { contextSize } = service.model;
  const options = {
    ...service.defaults,
    ...samplingOptions(fields),
    ...requestedForm(fields),
    maxTokens: maxTokens(fields, "max_completion_tokens", "max_tokens") ?? contextSize,
    ...(logprobs && { logprobs: top ?? 0 }),
  };
  const count = fields.whole("n", 1, MAX_CHOICES) ?? 1;
  const effort = fields.text("reasoning_effort");
  const variables = new Map(effort === undefined ? [] : [["reasoning_effort", effort] as const]);
  const question = chatQuestion(fields, service, variables);
  return { question, options, count, logprobs, stream, includeUsage };
}
