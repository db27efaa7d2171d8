/** POST /v1/messages of Anthropic's API, and the count of a prompt's tokens. */
import { randomUUID } from "node:crypto";
import { EventStream } from "../../http/event-stream.ts";
import { asRequestError, errorBody } from "../../http/request-error.ts";
import { type Exchange, type Route, sendJson } from "../../route.ts";
import { type ChatAnswer, chatAnswers } from "../chat-answers.ts";
import { BlockStream } from "./block-stream.ts";
import { type MessagesRequest, readMessagesRequest, readQuestion } from "./request.ts";

export const messages: Route = {
  method: "POST",
  paths: ["/v1/messages"],
  dialect: "anthropic",
  async handle(exchange) {
    const { service, fields } = exchange;
    const request = readMessagesRequest(fields, service);
    service.admission.check(1);
    const head = {
      ...{ id: `msg_${randomUUID().replaceAll("-", "")}`, type: "message", role: "assistant" },
      model: service.name,
    };
    await (request.stream ? stream(exchange, request, head) : reply(exchange, request, head));
  },
};

export const countTokens: Route = {
  method: "POST",
  paths: ["/v1/messages/count_tokens"],
  dialect: "anthropic",
  async handle(exchange) {
    const { promptIds } = readQuestion(exchange.fields, exchange.service);
    sendJson(exchange, { input_tokens: promptIds.length });
  },
};

async function reply(exchange: Exchange, request: MessagesRequest, head: object): Promise<void> {
  const [answer] = await chatAnswers(exchange, request);
  const own = answer as ChatAnswer;
  const { content: text, reasoning_content: thinking, tool_calls: calls = [] } = own.message;
  const content = [
    ...(thinking === undefined ? [] : [{ type: "thinking", thinking, signature: "" }]),
    ...(text === "" ? [] : [{ type: "text", text }]),
    ...calls.map(({ id, function: { name, arguments: given } }) => ({
      ...{ type: "tool_use", id, name, input: JSON.parse(given) },
    })),
  ];
  sendJson(exchange, { ...head, content, ...reasonOf(own, request), usage: usageOf(own) });
}

async function stream(exchange: Exchange, request: MessagesRequest, head: object): Promise<void> {
  const { response, fields, signal } = exchange;
  const events = new EventStream(response, fields.ignored);
  const send = (type: string, more: object = {}) => events.send({ type, ...more }, type);
  const usage = { input_tokens: request.question.promptIds.length, output_tokens: 0 };
  try {
    const begun = { ...head, content: [], stop_reason: null, stop_sequence: null, usage };
    await send("message_start", { message: begun });
    const blocks = new BlockStream(send);
    const [answer] = await chatAnswers(exchange, request, async (_, parts) => {
      for (const part of parts) await blocks.send(part);
    });
    await blocks.end();
    const own = answer as ChatAnswer;
    await send("message_delta", { delta: reasonOf(own, request), usage: usageOf(own) });
    await send("message_stop");
  } catch (error) {
    if (!signal.aborted) await events.send(errorBody(asRequestError(error), "anthropic"), "error");
    throw error;
  } finally {
    await events.end();
  }
}

function reasonOf({ sample, message }: ChatAnswer, { stops }: MessagesRequest) {
  const { finishReason, stopText = "" } = sample;
  const isStop = finishReason === "stop" && stops.includes(stopText);
  const ended = finishReason === "stop" || finishReason === "eos" ? "end_turn" : "max_tokens";
  return {
    stop_reason: message.tool_calls ? "tool_use" : isStop ? "stop_sequence" : ended,
    stop_sequence: isStop ? stopText : null,
  };
}

const usageOf = ({ sample: { promptIds, reusedTokens, ids } }: ChatAnswer) => ({
  input_tokens: promptIds.length - reusedTokens,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: reusedTokens,
  output_tokens: ids.length,
});
