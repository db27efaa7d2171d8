/**
 * Speculative decoding (Leviathan et al. 2023, "Fast Inference from Transformers via Speculative Decoding"):
 * beside an id that is appended, guesses of the ids after it run in the same pass, which costs little more.
 * If the next id is as guessed, its logits are there already. The caller chooses every id from the same
 * logits as without guesses: only the time changes.
 */
import type { AppendOptions } from "../../engine/append-options.ts";
import type { LogitsSource } from "../logits-source.ts";
import type { Drafter } from "./drafter.ts";

/** Guesses in the beginning. With the row of the id itself they fill a tile of the matrix product. */
const FIRST_GUESSES = 3;

export class SpeculativeSource implements LogitsSource {
  readonly #source: LogitsSource;
  readonly #drafter: Drafter;
  readonly #most: number;
  /** The number of appended ids. The source may hold guesses after them. */
  #length: number;
  /** The logits after each guess that may still come true. */
  #ahead: readonly Float32Array[] = [];
  /** The number of guesses to make. */
  #guesses: number;
  #drafted = 0;
  #accepted = 0;

  /**
   * @param source only this appends to it until `settle`
   * @param most the greatest number of guesses at a time
   */
  constructor(source: LogitsSource, drafter: Drafter, most: number) {
    this.#source = source;
    this.#drafter = drafter;
    this.#most = most;
    this.#guesses = Math.min(most, FIRST_GUESSES);
    this.#length = source.ids.length;
  }

  get contextSize(): number {
    return this.#source.contextSize;
  }

  get config(): LogitsSource["config"] {
    return this.#source.config;
  }

  get ids(): readonly number[] {
    return this.#source.ids.slice(0, this.#length);
  }

  /** The number of guesses that were run, and of those that came true. */
  get tally(): { readonly draftedTokens: number; readonly acceptedTokens: number } {
    return { draftedTokens: this.#drafted, acceptedTokens: this.#accepted };
  }

  async append(ids: readonly number[], options: AppendOptions = {}): Promise<Float32Array> {
    options.signal?.throwIfAborted();
    const [logits, ...ahead] = this.#ahead;
    if (logits !== undefined && ids.length === 1 && this.#source.ids[this.#length] === ids[0]) {
      this.#ahead = ahead;
      this.#accepted++;
      this.#length++;
      if (ahead.length === 0) this.#guesses = Math.min(this.#guesses + 2, this.#most);
      return logits;
    }
    if (logits !== undefined) this.#guesses = Math.max(this.#guesses - 1, 1);
    this.#forgetGuesses();
    return ids.length === 1 ? this.#appendWithGuesses(ids, options) : this.#append(ids, options);
  }

  truncate(length: number): void {
    if (length >= this.#length) return;
    this.#length = length;
    this.#forgetGuesses();
  }

  fork(): LogitsSource {
    const fork = this.#source.fork();
    fork.truncate(this.#length);
    return fork;
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  /** Removes the guesses from the source. After this the caller may append to it again. */
  async settle(): Promise<void> {
    this.#forgetGuesses();
    await this.#drafter.close();
  }

  async #appendWithGuesses(ids: readonly number[], options: AppendOptions): Promise<Float32Array> {
    const text = [...this.#source.ids, ...ids];
    const most = Math.min(this.#guesses, this.contextSize - text.length);
    const guesses = most > 0 ? await this.#drafter.draft(text, most, options.signal) : [];
    const rows = await this.#append([...ids, ...guesses], { ...options, every: true });
    const vocabSize = rows.length / (1 + guesses.length);
    const row = (i: number) => rows.subarray(i * vocabSize, (i + 1) * vocabSize);
    this.#length = text.length;
    this.#ahead = guesses.map((_, i) => row(i + 1));
    this.#drafted += guesses.length;
    return row(0);
  }

  async #append(ids: readonly number[], options: AppendOptions): Promise<Float32Array> {
    const logits = await this.#source.append(ids, options);
    this.#length = this.#source.ids.length;
    return logits;
  }

  #forgetGuesses(): void {
    this.#ahead = [];
    if (this.#source.ids.length > this.#length) this.#source.truncate(this.#length);
  }
}
