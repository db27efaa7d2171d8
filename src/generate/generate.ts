/** Generation: token ids in, token ids out. Knows no text. */
import { GptError } from "../errors.ts";
import type { FinishReason } from "./options.ts";
import { Sampler } from "./sampler.ts";
import type { GenerateSettings } from "./settings.ts";

/** What generation needs of a session: positions that grow, and the logits after the last one. */
export interface LogitsSource {
  /** Positions that are taken. */
  readonly length: number;
  /** Positions that there can be. */
  readonly contextSize: number;
  /**
   * Adds ids and returns the logits after the last of them, one for each token of the vocabulary: the caller's own.
   * Rejects where the signal is or becomes aborted.
   */
  append(
    ids: readonly number[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Float32Array>;
}

export interface GenerateRequest {
  /** Ids to continue; at least one. */
  readonly prompt: readonly number[];
  readonly settings: Omit<GenerateSettings, "ban" | "stop">;
  /** Ids that end the text. They are not yielded. */
  readonly endOfTextIds: readonly number[];
  /** Whether a chosen id may be yielded. Where it may not, another one takes its place. */
  readonly accepts?: ((id: number) => boolean) | undefined;
}

/**
 * Yields the ids that continue the prompt and returns why they end. Each id is chosen from the logits of all before
 * it, so the last one yielded is not in the source yet; with `maxTokens` 0 nothing is run at all.
 * @throws GptError `resource` for a prompt that does not fit, `usage` for an empty one
 */
export async function* generate(
  source: LogitsSource,
  request: GenerateRequest,
): AsyncGenerator<number, Exclude<FinishReason, "stop">> {
  const { prompt, settings, accepts = () => true } = request;
  checkFits(prompt, source);
  const sampler = new Sampler(settings);
  const endOfText = new Set(request.endOfTextIds);
  const mayFollow = (id: number) => endOfText.has(id) || accepts(id);
  const history = [...prompt];
  let next = prompt;
  for (let count = 0; count < settings.maxTokens; count++) {
    if (source.length + next.length > source.contextSize) return "context";
    const logits = await append(source, next, settings.signal);
    if (logits === undefined) return "interrupted";
    const id = sampler.sample(logits, history, mayFollow);
    if (endOfText.has(id)) return "eos";
    yield id;
    history.push(id);
    next = [id];
  }
  return "length";
}

function checkFits(prompt: readonly number[], { length, contextSize }: LogitsSource): void {
  if (prompt.length === 0)
    throw new GptError("usage", "the prompt is empty: generation needs at least one token");
  if (length + prompt.length <= contextSize) return;
  const taken = length > 0 ? `, and ${length} of them are taken` : "";
  const message = `the prompt has ${prompt.length} tokens, the context holds ${contextSize}${taken}: shorten the prompt or load the model with a larger context`;
  throw new GptError("resource", message);
}

/** Logits after these ids; undefined where the signal was aborted. */
async function append(
  source: LogitsSource,
  ids: readonly number[],
  signal: AbortSignal | undefined,
): Promise<Float32Array | undefined> {
  try {
    return await source.append(ids, { signal });
  } catch (error) {
    if (signal?.aborted && isAbort(error, signal)) return undefined;
    throw error;
  }
}

const isAbort = (error: unknown, signal: AbortSignal): boolean =>
  error === signal.reason || (error instanceof Error && error.name === "AbortError");
