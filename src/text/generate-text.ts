/** Generation with text on top: the ids of src/generate, their text, and what depends on it - stop texts and bans. */
import { beamSearch, type Cursor } from "../generate/beams/beam-search.ts";
import { generate } from "../generate/generate.ts";
import type { GenerateRequest, Outcome } from "../generate/generation.ts";
import type { LogitsSource } from "../generate/logits-source.ts";
import type { GeneratedToken } from "../generate/options/options.ts";
import { banIds, type GenerateSettings } from "../generate/options/settings.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { TextCursor } from "./text-cursor.ts";
import { TextStream } from "./text-stream.ts";

/** How a generation went. */
export interface GenerationSummary extends Outcome {
  /** What was continued, with the beginning-of-text token where one was added; also what `overflow` dropped of it. */
  readonly promptIds: readonly number[];
  /** Generates the same again, with the same options. */
  readonly seed: number;
  /** Milliseconds that the prompt took: until the first token was chosen. */
  readonly promptMs: number;
  /** Milliseconds that the other tokens took, without the time between two requests for one. */
  readonly generatedMs: number;
}

export interface TextRequest extends Pick<GenerateRequest, "prompt" | "keepFirst" | "endOfTextIds"> {
  readonly settings: GenerateSettings;
  /** Without one every text is "", and `stop` and `ban` are without effect. */
  readonly tokenizer: Tokenizer | undefined;
}

/** Yields every generated token once its text is certain. @throws as `generate` */
export async function* generateText(
  source: LogitsSource,
  request: TextRequest,
): AsyncGenerator<GeneratedToken, GenerationSummary, void> {
  const { prompt, settings, endOfTextIds, tokenizer } = request;
  const tokens = tokenizer ? new TextStream(tokenizer.stream(prompt), settings.stop) : withoutText;
  let cursor: Cursor = tokenizer ? TextCursor.start(tokenizer, settings) : anything;
  const idRequest = { ...request, settings: settings.ignoreEos ? banIds(settings, endOfTextIds) : settings };
  const generation =
    settings.beams > 1
      ? beamSearch(source, { ...idRequest, cursor })
      : generate(source, { ...idRequest, accepts: (id) => cursor.after(id) !== undefined });

  const times: number[] = [];
  for (;;) {
    const start = performance.now();
    const step = await generation.next(tokens.stopped);
    times.push(performance.now() - start);
    if (step.done) {
      yield* tokens.finish();
      const finishReason = tokens.stopped ? "stop" : step.value.finishReason;
      return {
        ...step.value,
        finishReason,
        promptIds: prompt,
        seed: settings.seed,
        ...split(times, step.value.promptMs),
      };
    }
    cursor = cursor.after(step.value.id) ?? cursor;
    yield* tokens.push(step.value);
  }
}

/** What a TextCursor is where there is no text. */
const anything: Cursor = { after: () => anything, complete: false };

/** What a TextStream is where there is no text. */
const withoutText: Pick<TextStream, "push" | "finish" | "stopped"> = {
  push: (token) => [{ ...token, text: "" }],
  finish: () => [],
  stopped: false,
};

function split(times: readonly number[], promptMs = times[0] ?? 0) {
  return { promptMs, generatedMs: times.reduce((sum, time) => sum + time, 0) - promptMs };
}
