/** POST /v1/completions: continues prompts. */
import { randomUUID } from "node:crypto";
import { type Sample, textOfPrompt } from "../../../text/samples/sample.ts";
import { type Exchange, type Route, sendJson } from "../../route.ts";
import { generateAll } from "../generate-all.ts";
import { type CompletionRequest, readCompletionRequest } from "./completion-request.ts";
import { legacyLogprobs } from "./legacy-logprobs.ts";
import { finishReason, usageOf } from "./reply.ts";
import { streamChunks } from "./stream.ts";

export const completions: Route = {
  method: "POST",
  paths: ["/v1/completions", "/completions"],
  async handle(exchange) {
    const { service } = exchange;
    const request = readCompletionRequest(exchange.fields, service);
    service.admission.check(request.prompts.length * request.bestOf);
    const head = {
      id: `cmpl-${randomUUID().replaceAll("-", "")}`,
      object: "text_completion",
      created: Math.floor(Date.now() / 1000),
      model: service.name,
      system_fingerprint: service.fingerprint,
    };
    await (request.stream ? stream(exchange, request, head) : reply(exchange, request, head));
  },
};

async function reply(exchange: Exchange, request: CompletionRequest, head: object): Promise<void> {
  const samples = await generateAll(exchange, { ...request, count: request.bestOf });
  const choices = samples.flatMap((own, prompt) =>
    best(own, request.n).map((sample, i) => ({
      index: prompt * request.n + i,
      ...choiceOf(exchange, request, sample),
      finish_reason: finishReason(sample.finishReason),
    })),
  );
  sendJson(exchange, { ...head, choices, usage: usageOf(request.prompts, samples.flat()) });
}

function choiceOf({ service: { model } }: Exchange, { echo, logprobs }: CompletionRequest, sample: Sample) {
  const { promptIds, ids, promptLogprobs = [], logprobs: own = [] } = sample;
  const text = (echo ? textOfPrompt(promptIds, model) : "") + sample.text;
  if (logprobs === undefined) return { text, logprobs: null };
  const told = echo
    ? legacyLogprobs(model, [...promptIds, ...ids], [...promptLogprobs, ...own])
    : legacyLogprobs(model, ids, own);
  return { text, logprobs: told };
}

/** The choices come interleaved, as they are generated. */
async function stream(exchange: Exchange, request: CompletionRequest, head: object): Promise<void> {
  const { model } = exchange.service;
  const { n, echo, logprobs, prompts } = request;
  const offsets = new Map<number, number>();
  await streamChunks(
    exchange,
    { head, ...request },
    async (send) => {
      for (let index = 0; echo && index < prompts.length * n; index++) {
        const text = textOfPrompt(prompts[Math.floor(index / n)] ?? [], model);
        offsets.set(index, text.length);
        await send({ index, text, logprobs: null });
      }
      const all = await generateAll(exchange, { ...request, count: n }, async (index, token) => {
        const { id, text, logprobs: own } = token;
        const offset = offsets.get(index) ?? 0;
        offsets.set(index, offset + text.length);
        const told = logprobs === undefined || !own ? null : legacyLogprobs(model, [id], [own], offset);
        if (text !== "" || told !== null) await send({ index, text, logprobs: told });
      });
      const samples = all.flat();
      const ends = samples.map((sample) => finishReason(sample.finishReason));
      return { ends, usage: usageOf(prompts, samples) };
    },
    (index) => ({ index, text: "", logprobs: null }),
  );
}

/** The samples of the highest mean log-probability. */
function best(samples: readonly Sample[], count: number): readonly Sample[] {
  if (samples.length === count) return samples;
  const mean = ({ logprobs = [] }: Sample) =>
    logprobs.reduce((sum, { logprob }) => sum + logprob, 0) / Math.max(1, logprobs.length);
  return samples.toSorted((a, b) => mean(b) - mean(a)).slice(0, count);
}
