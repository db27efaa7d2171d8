/** The ids that the model sees of a growing text: all ids, or the ids that `overflow` keeps. */
import { OptionError, optionNamed } from "../checks/option-error.ts";
import { commonPrefix } from "../engine/common-prefix.ts";
import { GptError } from "../errors.ts";
import type { Outcome } from "./generation.ts";
import type { Limit } from "./limit.ts";
import type { LogitsSource } from "./logits-source.ts";
import type { GenerateSettings } from "./options/settings.ts";

type ContextSettings = Pick<GenerateSettings, "overflow" | "maxTokens">;

/**
 * Rows of logits in one append with `every`. With 150,000 tokens in the vocabulary they take 10 MB, and 100
 * ms of work.
 */
const ROWS_AT_ONCE = 16;

export class Context {
  readonly #source: LogitsSource;
  readonly #settings: ContextSettings;
  /** The number of ids at the start that are never dropped. */
  readonly #kept: number;
  #ids: number[];
  #promptTokens = 0;
  #droppedTokens = 0;
  #reusedTokens: number | undefined;

  /**
   * @param prompt if it is too long and `overflow` allows it, its last ids stay: as many as leave room for
   *   `maxTokens`, but at least half the context
   * @param keepFirst whether the first id begins the text and is never dropped
   * @throws GptError `usage` for an empty prompt, `resource` for one that does not fit
   */
  constructor(
    source: LogitsSource,
    prompt: readonly number[],
    settings: ContextSettings,
    keepFirst: boolean,
  ) {
    if (prompt.length === 0) {
      throw new GptError("usage", "the prompt is empty: generation needs at least one token");
    }
    const { contextSize, config } = source;
    this.#source = source;
    this.#settings = settings;
    this.#kept = keepFirst && contextSize > 1 ? 1 : 0;
    this.#ids = [...prompt];
    if (prompt.length <= contextSize) return;
    if (settings.overflow === "error") throw tooLong(prompt.length, contextSize, config.nPositions);
    const room = contextSize - Math.max(settings.maxTokens - 1, 0); // The last token needs no place.
    this.#shrink(Math.max(room, Math.ceil(contextSize / 2)) - this.#kept);
  }

  /** The number of ids that the model sees. */
  get length(): number {
    return this.#ids.length;
  }

  /** The counts so far. Reused tokens are those of the prompt that the source held before. */
  get counts(): Pick<Outcome, "promptTokens" | "droppedTokens" | "reusedTokens"> {
    return {
      promptTokens: this.#promptTokens,
      droppedTokens: this.#droppedTokens,
      reusedTokens: this.#reusedTokens ?? 0,
    };
  }

  /** The number of ids that can still follow; the last one needs no place. */
  get room(): number {
    return this.#settings.overflow === "shift" ? Infinity : this.#source.contextSize - this.#ids.length + 1;
  }

  push(id: number): void {
    this.#ids.push(id);
  }

  /**
   * Whether the source can hold all ids. If it cannot and `overflow` is "shift", the younger half of them
   * stays.
   */
  makeRoom(): boolean {
    const { contextSize } = this.#source;
    if (this.#ids.length > contextSize && this.#settings.overflow === "shift") {
      this.#shrink(Math.floor((contextSize - this.#kept) / 2));
    }
    return this.#ids.length <= contextSize;
  }

  /** The logits after the last id. Ids that the source holds already stay there; the others are run. */
  async logits(limit: Limit): Promise<Float32Array> {
    const held = Math.min(commonPrefix(this.#source.ids, this.#ids), this.#ids.length - 1);
    this.#truncate(held);
    const rest = this.#ids.slice(held);
    const logits = await limit.run((signal) => this.#source.append(rest, { signal }));
    this.#promptTokens ||= this.#ids.length;
    return logits;
  }

  /** Every id but the first, with the logits after the ids before it. */
  async *scored(limit: Limit): AsyncGenerator<{ readonly id: number; readonly logits: Float32Array }> {
    this.#truncate(0);
    const [, ...following] = this.#ids;
    for (let begin = 0; begin < following.length; begin += ROWS_AT_ONCE) {
      const targets = following.slice(begin, begin + ROWS_AT_ONCE);
      const ids = this.#ids.slice(begin, begin + targets.length);
      const rows = await limit.run((signal) => this.#source.append(ids, { every: true, signal }));
      const vocabSize = rows.length / ids.length;
      for (const [row, id] of targets.entries()) {
        yield { id, logits: rows.subarray(row * vocabSize, (row + 1) * vocabSize) };
      }
    }
    this.#promptTokens = this.#ids.length;
  }

  #truncate(length: number): void {
    this.#reusedTokens ??= length;
    this.#source.truncate(length);
  }

  /** Drops the ids between the kept ones and the last `last`, at least one. */
  #shrink(last: number): void {
    const before = this.#ids.length;
    this.#ids = [...this.#ids.slice(0, this.#kept), ...this.#ids.slice(-Math.max(last, 1))];
    this.#droppedTokens += before - this.#ids.length;
  }
}

/** @param largest the greatest context that the model allows */
function tooLong(length: number, contextSize: number, largest: number): GptError {
  const excess = length - contextSize;
  const counts = `the prompt has ${length} tokens, the context holds ${contextSize}, so ${excess} ${excess === 1 ? "is" : "are"} too many`;
  const raise =
    contextSize < largest ? `, raise ${optionNamed("contextSize")} (this model's goes to ${largest})` : "";
  const remedy = `shorten it${raise}, or set ${optionNamed("overflow")} to truncate-left, which drops its start`;
  return new OptionError("resource", `${counts}: ${remedy}`);
}
