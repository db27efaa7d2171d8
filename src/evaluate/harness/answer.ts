/** A model's answer to a question: log-likelihoods of the choices, or a text. */
import type { SessionPool } from "../../engine/session-pool.ts";
import { GptError } from "../../errors.ts";
import type { LanguageModel } from "../../library/language-model.ts";
import { textIds } from "../../text/text-ids.ts";
import type { Session } from "../../text/text-model.ts";
import type { Generation, Task } from "../task/definition.ts";
import type { Chosen, Written } from "./answered.ts";
import type { Question } from "./prompts.ts";
import { type Request, requestOf } from "./requests.ts";
import type { RequestScorer } from "./score-requests.ts";
import { cutAt } from "./text-metrics.ts";

/** @returns why the model cannot be asked, if it cannot */
export async function answerByChoice(
  model: LanguageModel,
  { metrics }: Task,
  question: Question,
  score: RequestScorer,
): Promise<Chosen | string> {
  const { contexts, continuations } = question;
  const needsPrior = metrics.includes("acc_mutual_info");
  const requests: Request[] = [];
  for (const [i, continuation] of continuations.entries()) {
    const request = requestOf(model, contexts[i] ?? (contexts[0] as string), continuation);
    if (request === undefined) return unfit(model, i);
    requests.push(request);
  }
  const priors = needsPrior ? continuations.map((text) => requestOf(model, "", text)) : [];
  if (priors.includes(undefined)) return unfit(model, priors.indexOf(undefined));
  const likelihoods = await score(requests);
  const unconditional = needsPrior ? (await score(priors as Request[])).map(({ sum }) => sum) : undefined;
  const tokens = requests.map(({ context, continuation }) => [context, continuation] as const);
  return { kind: "choice", question, likelihoods, unconditional, tokens };
}

const unfit = ({ contextSize }: LanguageModel, choice: number): string =>
  `choice ${choice} has no token, or more than the ${contextSize} of the context`;

interface WritingOptions {
  readonly pool: SessionPool<Session>;
  /** Tokens of the answer, at most. Default the task's. */
  readonly maxTokens: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * The likeliest token each time, until a stop. A prompt that leaves no room for the answer loses its
 * beginning.
 *
 * @throws GptError `usage` for a context that holds no prompt beside the answer
 */
export async function answerByText(
  model: LanguageModel,
  { until, ...generation }: Generation,
  question: Question,
  { pool, maxTokens = generation.maxTokens, signal }: WritingOptions,
): Promise<Written | string> {
  const room = model.contextSize - maxTokens;
  if (room < 1) {
    const sizes = `an answer of ${maxTokens} tokens leaves no room for a prompt in ${model.contextSize}`;
    throw new GptError("usage", `${sizes}: give a smaller --max-tokens`);
  }
  const ids = textIds(model.tokenizer, question.contexts[0] ?? "", { parseSpecial: true }).slice(-room);
  if (ids.length === 0) return "the prompt is empty";
  return await pool.use(ids, async (session, onRead) => {
    const options = { temperature: 0, maxTokens, stop: until, ...(signal && { signal }) };
    let text = "";
    for await (const token of model.generate(ids, options, session)) {
      onRead();
      text += token.text;
    }
    return { kind: "text", question, text: cutAt(text, until) };
  });
}
