/**
 * What clients have sent before, to tell why the beginning of a prompt is read again: a date in the system
 * prompt, a message that changed, an answer that the template shows otherwise. A client is told of its own
 * prompts alone.
 */
import { commonPrefix } from "../engine/common-prefix.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";

/** Prompts of a client, and clients, that are kept. */
const MOST_PROMPTS = 8;
const MOST_CLIENTS = 64;
/** Prompts with fewer tokens in common have nothing to do with each other. */
const LEAST_SHARED = 16;
/** Tokens of both texts around the first difference. */
const AROUND = 12;

/** Where a prompt ceases to be an earlier one. */
export interface Difference {
  /** Number of the first token that differs. */
  readonly position: number;
  /** The texts from there on. */
  readonly before: string;
  readonly now: string;
}

export class EarlierPrompts {
  /** The latest last. */
  readonly #prompts = new Map<string, readonly (readonly number[])[]>();

  /** @param ids of a prompt and its answer */
  remember(client: string, ids: readonly number[]): void {
    const others = (this.#prompts.get(client) ?? []).filter((own) => commonPrefix(own, ids) < own.length);
    this.#prompts.delete(client);
    this.#prompts.set(client, [...others, ids].slice(-MOST_PROMPTS));
    const [oldest] = this.#prompts.keys();
    if (oldest !== undefined && this.#prompts.size > MOST_CLIENTS) this.#prompts.delete(oldest);
  }

  /**
   * The first difference from the client's prompt that begins most alike.
   *
   * @returns undefined if that one goes on with this, or has nothing to do with it
   */
  difference(client: string, ids: readonly number[], tokenizer: Tokenizer): Difference | undefined {
    const own = (this.#prompts.get(client) ?? []).map((before) => ({
      before,
      position: commonPrefix(before, ids),
    }));
    const [most] = own.sort((a, b) => b.position - a.position);
    if (most === undefined || most.position < LEAST_SHARED) return undefined;
    const { before, position } = most;
    // The last token of a prompt is always run: what follows it is wanted.
    if (position >= Math.min(before.length, ids.length - 1)) return undefined;
    const text = (list: readonly number[]) =>
      tokenizer.decode(list.slice(position, position + AROUND).filter((id) => id < tokenizer.vocabSize));
    return { position, before: text(before), now: text(ids) };
  }
}
