/** Samples: a prompt continued to its end. */
import type { GeneratedToken, GenerateOptions, TokenLogprobs } from "../../../generate/options/options.ts";
import { randomSeed } from "../../../generate/sampling/random.ts";
import type { LanguageModel, Session } from "../../../library/language-model.ts";
import type { GenerationSummary } from "../../../text/generate-text.ts";
import type { Prompt } from "./prompt.ts";

export interface SampleRequest {
  /** As `model.promptIds` gives them. */
  readonly promptIds: readonly number[];
  /** The text begins with this. */
  readonly echo?: string;
  readonly options: GenerateOptions;
  /** One that may hold a part of the prompt already. */
  readonly session?: Session;
}

export interface Sample extends GenerationSummary {
  /** With the prompt, if that was asked for. */
  readonly text: string;
  readonly ids: readonly number[];
  /** One for each of `ids`, where they were asked for. */
  readonly logprobs?: readonly TokenLogprobs[];
}

/**
 * Requests for several samples of a prompt: their seeds are s, s + 1, ... modulo 2^32.
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

/** The options of so many samples: several are drawn, also where the model's files advise to search. */
export const drawing = (options: GenerateOptions, count: number): GenerateOptions =>
  count === 1 ? options : { ...options, beams: 1 };

/**
 * Continues a prompt and hands on the text as it becomes certain.
 *
 * @param onText gets the prompt, if it is echoed, without a token, then the text of each token
 */
export async function takeSample(
  model: LanguageModel,
  { promptIds, echo, options, session }: SampleRequest,
  onText: (text: string, token?: GeneratedToken) => Promise<void> = async () => {},
): Promise<Sample> {
  const tokens: GeneratedToken[] = [];
  const texts: string[] = [];
  const generation = model.generate(promptIds, options, session);
  if (echo !== undefined) {
    texts.push(echo);
    await onText(echo);
  }
  for (;;) {
    const step = await generation.next();
    if (step.done) return { ...step.value, text: texts.join(""), ...described(tokens) };
    const text = textOfToken(step.value, model);
    tokens.push(step.value);
    texts.push(text);
    await onText(text, step.value);
  }
}

function described(tokens: readonly GeneratedToken[]): Pick<Sample, "ids" | "logprobs"> {
  const ids = tokens.map(({ id }) => id);
  const logprobs = tokens.flatMap(({ logprobs }) => logprobs ?? []);
  return logprobs.length > 0 ? { ids, logprobs } : { ids };
}

/** Where there is no tokenizer to make text of it, an id takes a line, as `gpt detokenize` reads it. */
const textOfToken = ({ id, text }: GeneratedToken, { hasTokenizer }: LanguageModel): string =>
  hasTokenizer ? text : `${id}\n`;

/** A prompt as --echo shows it. A character that the ids leave unfinished comes with the tokens that finish it. */
export function textOfPrompt(prompt: Prompt, model: LanguageModel): string {
  if (typeof prompt === "string") return prompt;
  const decoder = model.hasTokenizer ? model.tokenizer.stream() : undefined;
  return prompt.map((id) => textOfToken({ id, text: decoder?.push(id) ?? "" }, model)).join("");
}
