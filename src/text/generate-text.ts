/** Generation with text on top: the ids of src/generate, their text, and what depends on it - stop texts and bans. */
import { generate, type LogitsSource } from "../generate/generate.ts";
import type { FinishReason, GeneratedToken } from "../generate/options.ts";
import type { GenerateSettings } from "../generate/settings.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { BannedTexts } from "./banned-texts.ts";
import { TextStream } from "./text-stream.ts";

/** How a generation went. */
export interface GenerationSummary {
  readonly finishReason: FinishReason;
  /** What was continued, with the beginning-of-text token where one was added. */
  readonly promptIds: readonly number[];
  /** Generates the same again, with the same options. */
  readonly seed: number;
  /** Milliseconds until the first token was chosen: the time that the prompt took. */
  readonly promptMs: number;
  /** Milliseconds that the other tokens took, without the time between two requests for one. */
  readonly generatedMs: number;
}

export interface TextRequest {
  /** Ids to continue; at least one. */
  readonly prompt: readonly number[];
  readonly settings: GenerateSettings;
  readonly endOfTextIds: readonly number[];
  /** Without one every text is "", and `stop` and `ban` are without effect. */
  readonly tokenizer: Tokenizer | undefined;
}

/** Yields every generated token once its text is certain. @throws as `generate` */
export async function* generateText(
  source: LogitsSource,
  { prompt, settings, endOfTextIds, tokenizer }: TextRequest,
): AsyncGenerator<GeneratedToken, GenerationSummary, void> {
  const tokens = tokenizer ? new TextStream(tokenizer.stream(prompt), settings.stop) : withoutText;
  const banned = tokenizer && settings.ban.length > 0 ? new BannedTexts(tokenizer, settings.ban) : undefined;
  // A model's vocabulary may be padded beyond the tokenizer's.
  const known = (id: number) => tokenizer === undefined || id < tokenizer.vocabSize;
  const accepts = (id: number) => known(id) && (banned?.accepts(id) ?? true);
  const ids = generate(source, { prompt, settings, endOfTextIds, accepts });

  const times: number[] = [];
  const summary = (finishReason: FinishReason): GenerationSummary => {
    const [promptMs = 0, ...others] = times;
    const generatedMs = others.reduce((sum, time) => sum + time, 0);
    return { finishReason, promptIds: prompt, seed: settings.seed, promptMs, generatedMs };
  };
  for (;;) {
    const start = performance.now();
    const step = await ids.next();
    times.push(performance.now() - start);
    if (step.done) {
      yield* tokens.finish();
      return summary(tokens.stopped ? "stop" : step.value);
    }
    banned?.push(step.value);
    yield* tokens.push(step.value);
    if (tokens.stopped) return summary("stop");
  }
}

/** What a TextStream is where there is no text. */
const withoutText: Pick<TextStream, "push" | "finish" | "stopped"> = {
  push: (id) => [{ id, text: "" }],
  finish: () => [],
  stopped: false,
};
