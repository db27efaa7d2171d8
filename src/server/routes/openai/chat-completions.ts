/** POST /v1/chat/completions: answers messages. */
import { randomUUID } from "node:crypto";
import type { TokenLogprob, TokenLogprobs } from "../../../generate/options/options.ts";
import type { TextModel } from "../../../text/text-model.ts";
import { type Exchange, type Route, sendJson } from "../../route.ts";
import { type ChatAnswer, chatAnswers, type ReplyPart } from "../chat-answers.ts";
import { type ChatRequest, readChatRequest } from "./chat-request.ts";
import { finishReason, usageOf } from "./reply.ts";
import { streamChunks } from "./stream.ts";

export const chatCompletions: Route = {
  method: "POST",
  paths: ["/v1/chat/completions", "/chat/completions"],
  async handle(exchange) {
    const { service } = exchange;
    const request = readChatRequest(exchange.fields, service);
    service.admission.check(request.count);
    const head = {
      id: `chatcmpl-${randomUUID().replaceAll("-", "")}`,
      object: request.stream ? "chat.completion.chunk" : "chat.completion",
      created: Math.floor(Date.now() / 1000),
      model: service.name,
      system_fingerprint: service.fingerprint,
    };
    await (request.stream ? stream(exchange, request, head) : reply(exchange, request, head));
  },
};

async function reply(exchange: Exchange, request: ChatRequest, head: object): Promise<void> {
  const { model } = exchange.service;
  const answers = await chatAnswers(exchange, request);
  const choices = answers.map((answer, index) => ({
    index,
    message: messageOf(answer),
    logprobs: request.logprobs
      ? {
          content: answer.sample.ids.map((id, i) => chatLogprob(model, id, answer.sample.logprobs?.[i])),
          refusal: null,
        }
      : null,
    finish_reason: chatReason(answer),
  }));
  sendJson(exchange, { ...head, choices, usage: chatUsage(request, answers) });
}

/** An answer that only calls functions has no content. */
const messageOf = ({ message }: ChatAnswer) => ({
  ...message,
  content: message.content === "" && message.tool_calls ? null : message.content,
  refusal: null,
});

const chatReason = ({ message, sample }: ChatAnswer) =>
  message.tool_calls ? "tool_calls" : finishReason(sample.finishReason);

function chatUsage({ question }: ChatRequest, answers: readonly ChatAnswer[]) {
  const samples = answers.map(({ sample }) => sample);
  const reasoning = answers.reduce((sum, { reasoningTokens }) => sum + reasoningTokens, 0);
  const usage = usageOf([question.promptIds], samples);
  const { prompt_tokens_details: details } = usage;
  const miss = answers[0]?.miss;
  return {
    ...usage,
    ...(miss && { prompt_tokens_details: { ...details, cache_miss: miss } }),
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

async function stream(exchange: Exchange, request: ChatRequest, head: object): Promise<void> {
  const { model } = exchange.service;
  await streamChunks(
    exchange,
    { head, ...request },
    async (send) => {
      const first = { role: "assistant", content: "" };
      for (let index = 0; index < request.count; index++) await send({ index, delta: first, logprobs: null });
      const answers = await chatAnswers(exchange, request, async (index, parts, token) => {
        const deltas = parts.flatMap(deltasOf);
        const told =
          request.logprobs && token
            ? { content: [chatLogprob(model, token.id, token.logprobs)], refusal: null }
            : null;
        if (told !== null && deltas.length === 0) deltas.push({ content: "" });
        for (const [i, delta] of deltas.entries()) {
          await send({ index, delta, logprobs: i === 0 ? told : null });
        }
      });
      return { ends: answers.map(chatReason), usage: chatUsage(request, answers) };
    },
    (index) => ({ index, delta: {}, logprobs: null }),
  );
}

/** A call comes in two deltas: its name with no arguments, then the arguments. */
function deltasOf(part: ReplyPart): object[] {
  if (part.kind !== "call") {
    return [part.kind === "text" ? { content: part.text } : { reasoning_content: part.text }];
  }
  const { index, call } = part;
  const { name, arguments: text } = call.function;
  return [
    { tool_calls: [{ ...call, index, function: { name, arguments: "" } }] },
    { tool_calls: [{ index, function: { arguments: text } }] },
  ];
}

/** A token with its bytes, which may be a part of a character, and the likeliest ones. */
function chatLogprob({ tokenizer }: TextModel, id: number, logprobs: TokenLogprobs | undefined) {
  const token = ({ id, logprob }: TokenLogprob) => {
    const isKnown = id < tokenizer.vocabSize;
    const bytes = isKnown ? [...tokenizer.bytes(id)] : null;
    return { token: isKnown ? tokenizer.decode([id]) : "", logprob, bytes };
  };
  const { logprob, top } = logprobs ?? { logprob: 0, top: [] };
  return { ...token({ id, logprob }), top_logprobs: top.map(token) };
}
