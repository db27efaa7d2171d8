/** POST /v1/chat/completions: answers messages. */
import { randomUUID } from "node:crypto";
import type { TokenLogprob, TokenLogprobs } from "../../../generate/options/options.ts";
import type { TextModel } from "../../../text/text-model.ts";
import { type Exchange, type Route, sendJson } from "../../route.ts";
import { generateAll } from "../generate-all.ts";
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
  const samples = (await generateAll(exchange, request)).flat();
  const choices = samples.map((sample, index) => ({
    index,
    message: { role: "assistant", content: sample.text, refusal: null },
    logprobs: request.logprobs
      ? { content: sample.ids.map((id, i) => chatLogprob(model, id, sample.logprobs?.[i])), refusal: null }
      : null,
    finish_reason: finishReason(sample.finishReason),
  }));
  sendJson(exchange, { ...head, choices, usage: usageOf(request.prompts, samples) });
}

async function stream(exchange: Exchange, request: ChatRequest, head: object): Promise<void> {
  const { model } = exchange.service;
  await streamChunks(
    exchange,
    { head, ...request },
    async (send) => {
      const first = { role: "assistant", content: "" };
      for (let index = 0; index < request.count; index++) await send({ index, delta: first, logprobs: null });
      const samples = await generateAll(exchange, request, async (index, { id, text, logprobs }) => {
        const told = request.logprobs ? { content: [chatLogprob(model, id, logprobs)], refusal: null } : null;
        if (text !== "" || told !== null) await send({ index, delta: { content: text }, logprobs: told });
      });
      return samples.flat();
    },
    (index) => ({ index, delta: {}, logprobs: null }),
  );
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
