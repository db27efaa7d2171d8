/**
 * Generation with text on top: the ids of src/generate, their text, and the rules of text - stop texts and
 * bans.
 */
import { constraintOf } from "../constrain/notations/table.ts";
import { beamSearch } from "../generate/beams/beam-search.ts";
import { anything } from "../generate/cursor.ts";
import { generate } from "../generate/generate.ts";
import type { GenerateRequest, Outcome } from "../generate/generation.ts";
import type { LogitsSource } from "../generate/logits-source.ts";
import type { GeneratedToken } from "../generate/options/options.ts";
import { banIds, type GenerateSettings } from "../generate/options/settings.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { ConstrainedCursor } from "./cursor/constrained-cursor.ts";
import { TextCursor } from "./cursor/text-cursor.ts";
import { unfinishedBytes } from "./cursor/unfinished-bytes.ts";
import { TextStream } from "./text-stream.ts";

/** How a generation went. */
export interface GenerationSummary extends Outcome {
  /** With finishReason "stop": the stop text that ended the text; none if a grammar ended it. */
  readonly stopText?: string;
  /**
   * The ids that were continued, with an added beginning-of-text token, and with the ids that `overflow`
   * dropped.
   */
  readonly promptIds: readonly number[];
  /** The same options with this seed generate the same again. */
  readonly seed: number;
  /** Milliseconds that the prompt took: until the first token was chosen. */
  readonly promptMs: number;
  /** Milliseconds that the other tokens took, without the time between two requests for one. */
  readonly generatedMs: number;
}

export interface TextRequest
  extends Pick<GenerateRequest, "prompt" | "keepFirst" | "endOfTextIds" | "forced"> {
  readonly settings: GenerateSettings;
  /** Without a tokenizer every text is "", and `stop`, `ban` and grammars have no effect. */
  readonly tokenizer: Tokenizer | undefined;
}

/** Yields every generated token once its text is certain. @throws as `generate` */
export async function* generateText(
  source: LogitsSource,
  request: TextRequest,
): AsyncGenerator<GeneratedToken, GenerationSummary, void> {
  const { prompt, settings, tokenizer } = request;
  const text = tokenizer && startText(tokenizer, request);
  const rules = text?.cursor ?? anything;
  const constraint = tokenizer && constraintOf(settings)?.start(tokenizer, stopIds(request));
  const idRequest = {
    ...request,
    settings: banIds(settings, bannedEnds(request)),
    cursor: constraint === undefined ? rules : new ConstrainedCursor(rules, constraint),
  };
  const generation = settings.beams > 1 ? beamSearch(source, idRequest) : generate(source, idRequest);
  const times: number[] = [];
  for (;;) {
    const start = performance.now();
    const step = await generation.next();
    times.push(performance.now() - start);
    if (!step.done) {
      if (text) yield* text.push(step.value);
      else yield { ...step.value, text: "" };
      continue;
    }
    if (text) yield* text.finish();
    return {
      ...step.value,
      ...(text?.stop !== undefined && { stopText: text.stop }),
      promptIds: prompt,
      seed: settings.seed,
      ...split(times, step.value.promptMs),
    };
  }
}

function startText(tokenizer: Tokenizer, { prompt, settings }: TextRequest): TextStream {
  const decoder = tokenizer.stream(prompt);
  const unfinished = decoder.unfinished ? unfinishedBytes(tokenizer, prompt) : [];
  return new TextStream(decoder, TextCursor.start(tokenizer, settings, unfinished));
}

/** Control tokens that are stop texts. */
const stopIds = ({ settings, tokenizer }: TextRequest): readonly number[] =>
  settings.stop.flatMap((text) => tokenizer?.controlTokenId(text) ?? []);

/** End-of-text ids that may not end this text: all with `ignoreEos`, else those whose names are banned. */
function bannedEnds({ settings, endOfTextIds, tokenizer }: TextRequest): readonly number[] {
  if (settings.ignoreEos) return endOfTextIds;
  const banned = new Set(settings.ban.map((text) => tokenizer?.controlTokenId(text)));
  return endOfTextIds.filter((id) => banned.has(id));
}

function split(times: readonly number[], promptMs = times[0] ?? 0) {
  return { promptMs, generatedMs: times.reduce((sum, time) => sum + time, 0) - promptMs };
}
