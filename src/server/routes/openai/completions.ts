/** POST /v1/completions: continues prompts. */
import { randomUUID } from "node:crypto";
import { type Sample, textOfPrompt } from "../../../text/samples/sample.ts";
import { EventStream } from "../../http/event-stream.ts";
import { asRequestError, errorBody } from "../../http/request-error.ts";
import { type Exchange, type Route, sendJson } from "../../route.ts";
import { generateAll } from "../generate-all.ts";
import { type CompletionRequest, readCompletionRequest } from "./completion-request.ts";
import { legacyLogprobs } from "./legacy-logprobs.ts";
import { finishReason, usageOf } from "./reply.ts";

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
  const { service, response } = exchange;
  const { n, echo, logprobs, prompts } = request;
  const events = new EventStream(response, exchange.fields.ignored);
  const usage = request.includeUsage ? { usage: null } : {};
  const send = (index: number, text: string, told: object | null, finish_reason: string | null = null) =>
    events.send({ ...head, choices: [{ index, text, logprobs: told, finish_reason }], ...usage });
  const offsets = new Map<number, number>();
  try {
    if (echo) {
      for (let choice = 0; choice < prompts.length * n; choice++) {
        const text = textOfPrompt(prompts[Math.floor(choice / n)] ?? [], service.model);
        offsets.set(choice, text.length);
        await send(choice, text, null);
      }
    }
    const samples = await generateAll(
      exchange,
      { ...request, count: n },
      async (choice, { id, text, logprobs: own }) => {
        const offset = offsets.get(choice) ?? 0;
        offsets.set(choice, offset + text.length);
        const told =
          logprobs === undefined || !own ? null : legacyLogprobs(service.model, [id], [own], offset);
        if (text !== "" || told !== null) await send(choice, text, told);
      },
    );
    for (const [choice, sample] of samples.flat().entries()) {
      await send(choice, "", null, finishReason(sample.finishReason));
    }
    if (request.includeUsage) {
      await events.send({ ...head, choices: [], usage: usageOf(prompts, samples.flat()) });
    }
    await events.end("[DONE]");
  } catch (error) {
    // Clients stop at an error among the data; [DONE] would say that all is well.
    if (!exchange.signal.aborted) await events.send(errorBody(asRequestError(error)));
    await events.end();
    throw error;
  }
}

/** The samples of the highest mean log-probability. */
function best(samples: readonly Sample[], count: number): readonly Sample[] {
  if (samples.length === count) return samples;
  const mean = ({ logprobs = [] }: Sample) =>
    logprobs.reduce((sum, { logprob }) => sum + logprob, 0) / Math.max(1, logprobs.length);
  return samples.toSorted((a, b) => mean(b) - mean(a)).slice(0, count);
}
