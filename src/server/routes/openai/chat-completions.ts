/** POST /v1/chat/completions: answers messages. */
import { randomUUID } from "node:crypto";
import type { TokenLogprob, TokenLogprobs } from "../../../generate/options/options.ts";
import type { TextModel } from "../../../text/text-model.ts";
import { EventStream } from "../../http/event-stream.ts";
import { asRequestError, errorBody } from "../../http/request-error.ts";
import { type Exchange, type Route, sendJson } from "../../route.ts";
import { generateAll } from "../generate-all.ts";
import { type ChatRequest, readChatRequest } from "./chat-request.ts";
import { finishReason, usageOf } from "./reply.ts";

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
  const { service, response, fields } = exchange;
  const events = new EventStream(response, fields.ignored);
  const usage = request.includeUsage ? { usage: null } : {};
  const send = (index: number, delta: object, logprobs: object | null, finish_reason: string | null) =>
    events.send({ ...head, choices: [{ index, delta, logprobs, finish_reason }], ...usage });
  try {
    for (let i = 0; i < request.count; i++) await send(i, { role: "assistant", content: "" }, null, null);
    const runs = await generateAll(exchange, request, async (choice, { id, text, logprobs }) => {
      const told = request.logprobs
        ? { content: [chatLogprob(service.model, id, logprobs)], refusal: null }
        : null;
      if (text !== "" || told !== null) await send(choice, { content: text }, told, null);
    });
    const samples = runs.flat();
    for (const [i, sample] of samples.entries()) await send(i, {}, null, finishReason(sample.finishReason));
    if (request.includeUsage) {
      await events.send({ ...head, choices: [], usage: usageOf(request.prompts, samples) });
    }
    await events.end("[DONE]");
  } catch (error) {
    // Clients stop at an error among the data; [DONE] would say that all is well.
    if (!exchange.signal.aborted) await events.send(errorBody(asRequestError(error)));
    await events.end();
    throw error;
  }
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
