/** One sample: a prompt continued to its end, and what --json and -v say about it. */
import type { GeneratedToken, GenerateOptions } from "../../generate/options.ts";
import type { LanguageModel } from "../../language-model.ts";
import type { GenerationSummary } from "../../text/generate-text.ts";
import { perSecond } from "../terminal/format.ts";

export type Prompt = string | readonly number[];

export interface Sample extends GenerationSummary {
  /** With the prompt, if that was asked for. */
  readonly text: string;
  readonly ids: readonly number[];
}

/**
 * Continues a prompt and hands on the text as it becomes certain.
 *
 * @param echo whether the text begins with the prompt
 */
export async function takeSample(
  model: LanguageModel,
  prompt: Prompt,
  options: GenerateOptions,
  echo: boolean,
  onText: (text: string) => Promise<void>,
): Promise<Sample> {
  let text = "";
  const add = async (piece: string) => {
    text += piece;
    await onText(piece);
  };
  const ids: number[] = [];
  const generation = model.generate(prompt, options);
  if (echo) await add(textOfPrompt(prompt, model));
  for (;;) {
    const step = await generation.next();
    if (step.done) return { ...step.value, text, ids };
    ids.push(step.value.id);
    await add(textOfToken(step.value, model));
  }
}

/** Where there is no tokenizer to make text of it, an id takes a line, as `gpt detokenize` reads it. */
const textOfToken = ({ id, text }: GeneratedToken, { hasTokenizer }: LanguageModel): string =>
  hasTokenizer ? text : `${id}\n`;

/** A character that the ids leave unfinished comes with the tokens that finish it. */
function textOfPrompt(prompt: Prompt, model: LanguageModel): string {
  if (typeof prompt === "string") return prompt;
  const decoder = model.hasTokenizer ? model.tokenizer.stream() : undefined;
  return prompt.map((id) => textOfToken({ id, text: decoder?.push(id) ?? "" }, model)).join("");
}

/** What --json writes. */
export const sampleRecord = (
  { text, ids, promptIds, finishReason, seed, promptMs, generatedMs }: Sample,
  { hasTokenizer, simd }: LanguageModel,
  { name, loadMs }: { readonly name: string; readonly loadMs: number },
) => ({
  text: hasTokenizer ? text : null,
  ids,
  promptIds,
  finishReason,
  seed,
  simd,
  model: name,
  timings: {
    loadMs: microseconds(loadMs),
    promptTokens: promptIds.length,
    promptMs: microseconds(promptMs),
    generatedTokens: ids.length,
    generatedMs: microseconds(generatedMs),
  },
});

/** Milliseconds, rounded to a microsecond. */
const microseconds = (time: number): number => Number(time.toFixed(3));

/** What -v writes. */
export function sampleLine({ ids, promptIds, promptMs, generatedMs, seed, finishReason }: Sample): string {
  const prompt = `prompt ${promptIds.length} tok, ${perSecond(promptIds.length, promptMs)} tok/s`;
  const generated = `generated ${ids.length} tok, ${perSecond(ids.length - 1, generatedMs)} tok/s`;
  return `${prompt} · ${generated} · seed ${seed} · ${finishReason}`;
}
