/**
 * Generation by a model with an encoder (Sutskever et al. 2014): the encoder reads the prompt once, and the
 * decoder writes a text of its own from its start token.
 */
import type { GeneratedToken } from "../generate/options/options.ts";
import { type GenerationSummary, generateText, type TextRequest } from "./generate-text.ts";
import type { Session } from "./text-model.ts";

export interface TransformRequest extends TextRequest {
  /** The id that the decoder starts from; undefined for a model without an encoder. */
  readonly startId: number | undefined;
}

/**
 * A model without an encoder continues the prompt. Yields every generated token once its text is certain.
 *
 * @throws as `generate`
 */
export async function* transformText(
  session: Session,
  request: TransformRequest,
): AsyncGenerator<GeneratedToken, GenerationSummary, void> {
  const { prompt, startId, settings } = request;
  if (startId === undefined) return yield* generateText(session, request);
  const start = performance.now();
  await session.read(prompt, { signal: settings.signal });
  const readMs = performance.now() - start;
  const own = { ...request, prompt: [startId], keepFirst: true };
  const summary = yield* generateText(session, own);
  const { promptMs } = summary;
  return { ...summary, promptIds: prompt, promptTokens: prompt.length, promptMs: readMs + promptMs };
}
