/**
 * POST /v1/score: how likely continuations of a context are. Nothing is sampled. The context is read once.
 *
 *     {"prompt": "The sky is", "continuations": [" blue", " green"]}
 */
import { type Request, requestOf } from "../../evaluate/harness/requests.ts";
import type { Likelihood } from "../../evaluate/harness/score-requests.ts";
import { shares } from "../../evaluate/harness/shares.ts";
import { RequestError } from "../http/request-error.ts";
import { type Exchange, type Route, sendJson } from "../route.ts";
import { chatQuestion } from "./chat-prompt.ts";

const MOST_CONTINUATIONS = 1024;

export const score: Route = {
  method: "POST",
  paths: ["/v1/score", "/score"],
  async handle(exchange) {
    const { fields, service, client, signal } = exchange;
    service.checkModel(fields.text("model"));
    const texts = fields.texts("continuations") ?? [];
    if (texts.length === 0 || texts.length > MOST_CONTINUATIONS) {
      throw fields.wrong("continuations", `1 to ${MOST_CONTINUATIONS} texts`);
    }
    const requests = requestsOf(exchange, texts);
    service.admission.check(1);
    const found = await service.score(client, requests, signal);
    const probabilities = shares(found.map(({ sum }) => sum));
    const data = found.map((likelihood, index) => ({
      index,
      text: texts[index],
      ...told(likelihood, requests[index] as Request),
      probability: probabilities[index],
    }));
    const tokens = requests.reduce((sum, { ids }) => sum + ids.length, 0);
    const usage = { prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens };
    sendJson(exchange, { object: "list", model: service.name, data, usage });
  },
};

/** A continuation follows a text as lm-evaluation-harness joins the two, and messages as an answer does. */
function requestsOf({ fields, service }: Exchange, texts: readonly string[]): readonly Request[] {
  const prompt = fields.text("prompt");
  const { model } = service;
  const question = prompt === undefined ? chatQuestion(fields, service) : undefined;
  return texts.map((text, index) => {
    const request = question
      ? after(question.promptIds, model.tokenizer.encode(text))
      : requestOf(model, prompt ?? "", text);
    if (request !== undefined && request.ids.length <= model.contextSize + 1 && request.scored > 0) {
      const dropped = request.context + request.continuation - request.ids.length;
      if (dropped <= 0) return request;
    }
    const problem = `continuations[${index}]: has no token, or does not fit the context of ${model.contextSize}`;
    throw new RequestError(400, problem, { param: "continuations", code: "context_length_exceeded" });
  });
}

const after = (context: readonly number[], continuation: readonly number[]): Request => ({
  ids: [...context, ...continuation],
  scored: continuation.length,
  context: context.length,
  continuation: continuation.length,
});

const told = ({ sum, greedy }: Likelihood, { scored }: Request) => ({
  logprob: sum,
  tokens: scored,
  /** By token. */
  mean_logprob: sum / scored,
  is_greedy: greedy,
});
