/**
 * Beam search (Graves 2012, "Sequence Transduction with Recurrent Neural Networks"; Sutskever et al. 2014,
 * "Sequence to Sequence Learning with Neural Networks"): at each length it keeps the likeliest texts, and the
 * best text that has ended is the result. The rules are those of Hugging Face's `generate` with `num_beams`:
 * the edits of logits apply to log-probabilities; a text is finished if it is among the first `beams` of its
 * length; if the search is cut off, the texts under way count as they are.
 */

import { Context } from "../context.ts";
import type { Cursor } from "../cursor.ts";
import {
  type ForcedIds,
  forbid,
  force,
  forcedId,
  type GenerateRequest,
  type Generation,
  type Outcome,
} from "../generation.ts";
import { canClose, checkRoom, narrow } from "../guide.ts";
import { Limit } from "../limit.ts";
import type { LogitsSource } from "../logits-source.ts";
import type { FinishReason } from "../options/options.ts";
import { allBanned } from "../sampling/candidates.ts";
import { logSoftmax } from "../sampling/logprobs.ts";
import type { LogitEdit } from "../sampling/penalties.ts";
import { editsOf } from "../sampling/sampler.ts";
import { bestFirst } from "./continuations.ts";
import { Hypotheses, type RankedHypothesis } from "./hypotheses.ts";

/** A text under way. */
interface Beam {
  readonly ids: readonly number[];
  readonly logprob: number;
  readonly cursor: Cursor;
  /** Holds the prompt and all ids but the last. */
  readonly source: LogitsSource;
}

/**
 * Yields the ids of the best text once the search is over, and returns how it went. The source holds the
 * prompt then.
 * @throws GptError `resource` for a prompt that does not fit and for full memory, `usage` for an empty prompt
 *   and if every token is banned
 */
export async function* beamSearch(source: LogitsSource, request: GenerateRequest): Generation {
  const { settings } = request;
  const context = new Context(source, request.prompt, settings, request.keepFirst ?? false);
  const outcome = (finishReason: FinishReason, more: Pick<Outcome, "score" | "promptMs"> = {}): Outcome => ({
    finishReason,
    ...context.counts,
    ...more,
  });
  if (settings.maxTokens === 0) return outcome("length");
  const limit = new Limit(settings);
  await using search = new BeamSearch(source, context, request);
  let interruption: FinishReason | undefined;
  try {
    await search.run(limit);
  } catch (error) {
    interruption = limit.reasonOf(error);
    if (interruption === undefined) throw error;
  }
  const { ids, reason, score } = search.best();
  const { promptMs } = search;
  for (const id of ids) yield { id };
  return outcome(interruption ?? reason, {
    ...(score !== undefined && { score }),
    ...(promptMs !== undefined && { promptMs }),
  });
}

/** It has no score if nothing was generated. */
type BestText = Pick<RankedHypothesis, "ids" | "reason"> & { readonly score?: number };

class BeamSearch implements AsyncDisposable {
  readonly #context: Context;
  readonly #settings: GenerateRequest["settings"];
  readonly #prompt: readonly number[];
  readonly #endOfText: ReadonlySet<number>;
  readonly #edits: readonly LogitEdit[];
  readonly #forced: ForcedIds;
  readonly #longest: number;
  readonly #finished: Hypotheses;
  /** Sources that the search forked. It closes them. */
  readonly #forks = new Set<LogitsSource>();
  /** Milliseconds that the prompt took; undefined until it is read. */
  promptMs: number | undefined;
  /** The likeliest first. */
  #beams: readonly Beam[];

  constructor(
    source: LogitsSource,
    context: Context,
    { prompt, settings, endOfTextIds, forced = {}, cursor }: GenerateRequest,
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#prompt = prompt;
    this.#endOfText = new Set(endOfTextIds);
    this.#edits = editsOf(settings);
    this.#forced = forced;
    // The last token needs no place in the context.
    this.#longest = Math.min(settings.maxTokens, source.contextSize - context.length + 1);
    this.#finished = new Hypotheses(settings, this.#longest);
    this.#beams = [{ ids: [], logprob: 0, cursor, source }];
  }

  /** Searches until no better text can be found, or the texts may grow no longer. */
  async run(limit: Limit): Promise<void> {
    for (const { cursor } of this.#beams) checkRoom(cursor, this.#longest);
    const start = performance.now();
    let logits = [await this.#context.logits(limit)];
    this.promptMs = performance.now() - start;
    for (let length = 1; ; length++) {
      this.#beams = this.#extend(logits, length);
      const [likeliest] = this.#beams;
      if (likeliest === undefined || length === this.#longest) return;
      if (this.#finished.settled(likeliest.logprob, length)) {
        this.#beams = [];
        return;
      }
      await this.#separate();
      logits = await limit.run((signal) => this.#logits(signal));
    }
  }

  /** The best of the finished texts and, if they were cut off, of the texts under way. */
  best(): BestText {
    const reason = this.#longest === this.#settings.maxTokens ? "length" : "context";
    for (const { ids, logprob } of this.#beams) {
      if (ids.length > 0) this.#finished.add({ ids, logprob, length: ids.length, reason });
    }
    return this.#finished.best ?? { ids: [], reason };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close(this.#forks);
  }

  /** The logits after each text under way. The texts run together, and none runs after this has settled. */
  async #logits(signal: AbortSignal | undefined): Promise<Float32Array[]> {
    const appends = this.#beams.map(({ source, ids }) => source.append(ids.slice(-1), { signal }));
    await Promise.allSettled(appends);
    return Promise.all(appends);
  }

  /** Adds one id to the texts. Texts that end with it are finished; the likeliest others go on. */
  #extend(logits: readonly Float32Array[], length: number): Beam[] {
    const { beams } = this.#settings;
    const rows = this.#beams.map((beam, i) => this.#logprobs(beam, logits[i] as Float32Array));
    const next: Beam[] = [];
    let rank = 0;
    // Enough even if every beam ends in all ways.
    const few = beams * Math.max(2, 1 + this.#endOfText.size);
    for (const { beam, id, logprob } of bestFirst(rows, few)) {
      const step = this.#step(this.#beams[beam] as Beam, id);
      if (step === undefined) continue;
      const { reason, ...text } = step;
      if (reason === undefined) next.push({ ...text, logprob });
      else if (rank < beams) this.#finished.add({ ids: text.ids, logprob, length, reason });
      rank++;
      if (next.length === beams) break;
    }
    if (next.length === 0 && this.#finished.best === undefined) throw allBanned(logits[0]?.length ?? 0);
    return next;
  }

  /**
   * A text with one more id, and the reason if it is finished with it; undefined for an id that may not
   * follow.
   */
  #step(before: Beam, id: number) {
    if (this.#endOfText.has(id)) return { ...before, reason: "eos" } as const;
    const cursor = before.cursor.after(id);
    const left = this.#longest - before.ids.length - 1;
    if (cursor === undefined || !canClose(cursor, left)) return undefined;
    const reason = cursor.complete ? "stop" : undefined;
    return { ...before, ids: [...before.ids, id], cursor, reason } as const;
  }

  /** The log-probability of a text continued by each id. */
  #logprobs({ ids, logprob, cursor }: Beam, logits: Float32Array): Float64Array {
    const logprobOf = logSoftmax(logits);
    const row = new Float64Array(logits.length);
    for (let id = 0; id < row.length; id++) row[id] = logprobOf(id);
    const history = [...this.#prompt, ...ids];
    for (const edit of this.#edits) edit(row, history);
    if (ids.length < this.#settings.minTokens && cursor.constraint === undefined)
      forbid(row, this.#endOfText);
    const forced = forcedId(this.#forced, ids.length, this.#settings.maxTokens);
    if (forced !== undefined && cursor.constraint === undefined) force(row, forced);
    narrow(row, cursor, this.#endOfText, this.#longest - ids.length);
    for (let id = 0; id < row.length; id++) row[id] = logprob + (row[id] as number);
    return row;
  }

  /**
   * Gives every text a source of its own: the first text that goes on from a source keeps it, the others fork
   * it.
   */
  async #separate(): Promise<void> {
    const wanted = new Set(this.#beams.map(({ source }) => source));
    await this.#close([...this.#forks].filter((fork) => !wanted.has(fork)));
    const free = new Set(this.#forks);
    this.#beams = this.#beams.map((beam) => {
      if (free.delete(beam.source)) return beam;
      const source = beam.source.fork();
      this.#forks.add(source);
      return { ...beam, source };
    });
  }

  async #close(forks: Iterable<LogitsSource>): Promise<void> {
    for (const fork of forks) {
      await fork.close();
      this.#forks.delete(fork);
    }
  }
}
