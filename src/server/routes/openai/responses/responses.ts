/** POST /v1/responses: https://platform.openai.com/docs/api-reference/responses, as far as it needs no store. */
import { randomUUID } from "node:crypto";
import { EventStream } from "../../../http/event-stream.ts";
import { asRequestError, errorBody } from "../../../http/request-error.ts";
import { type Exchange, type Route, sendJson } from "../../../route.ts";
import { type ChatAnswer, chatAnswers } from "../../chat-answers.ts";
import { finishReason, usageOf } from "../reply.ts";
import { ResponseItems } from "./items.ts";
import { type ResponsesRequest, readResponsesQuestion, readResponsesRequest } from "./request.ts";

export const responses: Route = {
  method: "POST",
  paths: ["/v1/responses", "/responses"],
  async handle(exchange) {
    const { service, fields } = exchange;
    const request = readResponsesRequest(fields, service);
    service.admission.check(1);
    const head = {
      ...{ id: `resp_${randomUUID().replaceAll("-", "")}`, object: "response" },
      ...{ created_at: Math.floor(Date.now() / 1000), model: service.name, error: null },
      ...request.echoed,
    };
    if (request.stream) return await stream(exchange, request, head);
    const items = new ResponseItems();
    sendJson(exchange, { ...head, ...(await answered(exchange, request, items)) });
  },
};

export const inputTokens: Route = {
  method: "POST",
  paths: ["/v1/responses/input_tokens"],
  async handle(exchange) {
    const { promptIds } = readResponsesQuestion(exchange.fields, exchange.service);
    sendJson(exchange, { object: "response.input_tokens", input_tokens: promptIds.length });
  },
};

/** Generates, and tells how it ended. */
async function answered(exchange: Exchange, request: ResponsesRequest, items: ResponseItems) {
  const [answer] = await chatAnswers(exchange, request, async (_, parts) => {
    for (const part of parts) await items.take(part);
  });
  await items.end();
  const { sample, reasoningTokens } = answer as ChatAnswer;
  const isWhole = finishReason(sample.finishReason) === "stop";
  const usage = usageOf([request.question.promptIds], [sample]);
  return {
    status: isWhole ? "completed" : "incomplete",
    completed_at: isWhole ? Math.floor(Date.now() / 1000) : null,
    incomplete_details: isWhole ? null : { reason: "max_output_tokens" },
    output: items.items,
    usage: {
      ...{ input_tokens: usage.prompt_tokens, input_tokens_details: usage.prompt_tokens_details },
      output_tokens: usage.completion_tokens,
      output_tokens_details: { reasoning_tokens: reasoningTokens },
      total_tokens: usage.total_tokens,
    },
  };
}

async function stream(exchange: Exchange, request: ResponsesRequest, head: object): Promise<void> {
  const { response, fields, signal } = exchange;
  const events = new EventStream(response, fields.ignored);
  let sequence_number = 0;
  const send = (type: string, more: object) =>
    events.send({ type, sequence_number: sequence_number++, ...more }, type);
  const begun = { ...head, status: "in_progress", incomplete_details: null, output: [], usage: null };
  try {
    await send("response.created", { response: begun });
    await send("response.in_progress", { response: begun });
    const end = await answered(exchange, request, new ResponseItems(send));
    await send(`response.${end.status}`, { response: { ...head, ...end } });
  } catch (error) {
    if (!signal.aborted) {
      await send("error", errorBody(asRequestError(error)));
    }
    throw error;
  } finally {
    await events.end();
  }
}
