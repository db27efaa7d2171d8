/**
 * A request for completions, as OpenAI's API has it:
 * https://platform.openai.com/docs/api-reference/completions.
 */
import type { GenerateOptions } from "../../../generate/options/options.ts";
import type { Prompt } from "../../../text/text-model.ts";
import type { RequestFields } from "../../http/fields.ts";
import { maxTokens, samplingOptions, unsupported } from "../../sampling-fields.ts";
import type { Service } from "../../service.ts";
import { requestedForm } from "../../text-form.ts";

/** Prompts of a request, and its choices in all. */
const MAX_CHOICES = 128;
const DEFAULT_TOKENS = 16;

export interface CompletionRequest {
  /** Token ids of each prompt. */
  readonly prompts: readonly (readonly number[])[];
  readonly options: GenerateOptions;
  /** Choices of each prompt, and generations to choose the best from. */
  readonly n: number;
  readonly bestOf: number;
  readonly echo: boolean;
  /** How many of the likeliest tokens are told. Undefined: no log-probabilities. */
  readonly logprobs: number | undefined;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/** @throws RequestError 400, before anything is run */
export function readCompletionRequest(fields: RequestFields, service: Service): CompletionRequest {
  service.checkModel(fields.text("model"));
  fields.refuse("suffix", "");
  const stream = fields.flag("stream") ?? false;
  const includeUsage = fields.object("stream_options")?.flag("include_usage") ?? false;
  const n = fields.whole("n", 1, MAX_CHOICES) ?? 1;
  const bestOf = fields.whole("best_of", n, MAX_CHOICES) ?? n;
  if (bestOf > n && stream) throw unsupported("best_of", "a stream cannot tell which choice is the best");
  const echo = fields.flag("echo") ?? false;
  const logprobs = fields.whole("logprobs", 0, 20);
  const own = samplingOptions(fields);
  const options: GenerateOptions = {
    ...service.defaults,
    ...own,
    ...requestedForm(fields),
    maxTokens: maxTokens(fields, "max_tokens") ?? DEFAULT_TOKENS,
    ...((logprobs !== undefined || bestOf > n) && { logprobs: logprobs ?? 0 }),
    ...(echo && logprobs !== undefined && { promptLogprobs: true }),
  };
  const prompts = readPrompts(fields).map((prompt) => idsOf(prompt, fields, service));
  if (prompts.length * bestOf > MAX_CHOICES) {
    throw fields.wrong("prompt", `at most ${MAX_CHOICES} choices in all`);
  }
  return { prompts, options, n, bestOf, echo, logprobs, stream, includeUsage };
}

/** A text, several texts, token ids, or several lists of token ids. */
function readPrompts(fields: RequestFields): readonly Prompt[] {
  const value = fields.value("prompt") ?? "";
  if (typeof value === "string") return [value];
  const isIds = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((id) => Number.isSafeInteger(id) && id >= 0);
  if (Array.isArray(value) && value.length > 0) {
    if (isIds(value)) return [value];
    if (value.every((prompt) => typeof prompt === "string" || isIds(prompt))) return value as Prompt[];
  }
  throw fields.wrong("prompt", "a text, token ids, or a list of them");
}

function idsOf(prompt: Prompt, fields: RequestFields, service: Service): readonly number[] {
  const { vocabSize } = service.model.config;
  if (typeof prompt !== "string" && prompt.some((id) => id >= vocabSize)) {
    throw fields.wrong("prompt", `token ids below ${vocabSize}`);
  }
  // The caller may have rendered a template: names of control tokens stand for them.
  const ids = service.model.promptIds(prompt, { parseSpecial: true });
  service.checkLength(ids);
  return ids;
}
