/** Samples: a prompt continued to its end. */
import type { GeneratedToken, GenerateOptions, TokenLogprobs } from "../../generate/options/options.ts";
import { randomSeed } from "../../generate/sampling/random.ts";
import type { GenerationSummary } from "../generate-text.ts";
import type { Prompt, Session, TextModel } from "../text-model.ts";

export interface SampleRequest {
  /** As `model.promptIds` gives them. */
  readonly promptIds: readonly number[];
  /** The text begins with this. */
  readonly echo?: string;
  readonly options: GenerateOptions;
  /** A session that may hold a part of the prompt already. */
  readonly session?: Session;
}

export interface Sample extends GenerationSummary {
  /** The generated text. It begins with the echoed prompt if the request has one. */
  readonly text: string;
  readonly ids: readonly number[];
  /** With `logprobs`: one entry for each of `ids`. */
  readonly logprobs?: readonly TokenLogprobs[];
}

/**
 * Requests for several samples of one prompt. Their seeds are s, s + 1, ... modulo 2^32.
 *
 * @param request its options as `drawing` gives them
 */
export async function* sampleRequests(
  request: SampleRequest,
  count: number,
): AsyncGenerator<SampleRequest, void, void> {
  if (count === 1) return yield request;
  const { options } = request;
  const seed = options.seed ?? randomSeed();
  for (let i = 0; i < count; i++) yield { ...request, options: { ...options, seed: (seed + i) >>> 0 } };
}

/**
 * Options for `count` samples. Several samples are drawn, even if the model's generation defaults ask for
 * beams.
 */
export const drawing = (options: GenerateOptions, count: number): GenerateOptions =>
  count === 1 ? options : { ...options, beams: 1 };

export type OnText = (text: string, token?: GeneratedToken) => Promise<void>;

/**
 * Continues a prompt and passes the text on as soon as it is certain.
 *
 * @param onText gets the echoed prompt without a token, then the text of each token
 */
export async function takeSample(
  model: TextModel,
  { promptIds, echo, options, session }: SampleRequest,
  onText: OnText = async () => {},
): Promise<Sample> {
  const tokens: GeneratedToken[] = [];
  const texts: string[] = [];
  const generation = model.generateInterruptibly(promptIds, options, session);
  if (echo !== undefined) {
    texts.push(echo);
    await onText(echo);
  }
  for (;;) {
    const step = await generation.next();
    if (step.done) return { ...step.value, text: texts.join(""), ...idsAndLogprobs(tokens) };
    const text = textOfToken(step.value, model);
    tokens.push(step.value);
    texts.push(text);
    await onText(text, step.value);
  }
}

function idsAndLogprobs(tokens: readonly GeneratedToken[]): Pick<Sample, "ids" | "logprobs"> {
  const ids = tokens.map(({ id }) => id);
  const logprobs = tokens.flatMap(({ logprobs }) => logprobs ?? []);
  return logprobs.length > 0 ? { ids, logprobs } : { ids };
}

/** Without a tokenizer each id takes a line, which `gpt detokenize` reads. */
const textOfToken = ({ id, text }: GeneratedToken, { hasTokenizer }: TextModel): string =>
  hasTokenizer ? text : `${id}\n`;

/**
 * A prompt as --echo shows it. A character that its ids leave unfinished comes with the tokens that finish
 * it.
 */
export function textOfPrompt(prompt: Prompt, model: TextModel): string {
  if (typeof prompt === "string") return prompt;
  const decoder = model.hasTokenizer ? model.tokenizer.stream() : undefined;
  return prompt.map((id) => textOfToken({ id, text: decoder?.push(id) ?? "" }, model)).join("");
}
