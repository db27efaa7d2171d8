/** Sessions for generations that run at the same time, so that they share the passes over the weights. */
import { sessionsThatFit } from "../weights/memory-plan.ts";
import { commonPrefix } from "./common-prefix.ts";
import { PARALLEL } from "./parallel.ts";

/** What the pool needs of a session. */
export interface PooledSession<S> {
  readonly ids: readonly number[];
  fork(): S;
  close(): Promise<void>;
}

/** A model, as far as the pool needs it. */
type PooledModel<S> = Parameters<typeof sessionsThatFit>[0] & { createSession(): S };

/**
 * @param parallel how many generations run at a time. Default: 8, or fewer if memory holds fewer whole
 *   contexts
 */
export const openSessionPool = <S extends PooledSession<S>>(
  model: PooledModel<S>,
  parallel = Math.min(PARALLEL, sessionsThatFit(model)),
): SessionPool<S> => new SessionPool(model, parallel);

/** A generation under way. */
interface Run {
  readonly prompt: readonly number[];
  /** Whether the session holds the prompt. */
  isRead: boolean;
}

/**
 * A session keeps its ids between generations. A prompt goes to the session that holds most of it, or to a
 * fork of that session while it is busy. If another generation is just reading at least half of the prompt,
 * the prompt waits for it.
 */
export class SessionPool<S extends PooledSession<S>> {
  /** The greatest number of sessions. */
  readonly size: number;
  readonly #createSession: () => S;
  readonly #idle = new Set<S>();
  readonly #busy = new Map<S, Run>();
  #waiting: (() => void)[] = [];

  constructor(model: { createSession(): S }, size: number) {
    this.#createSession = () => model.createSession();
    this.size = size;
  }

  /**
   * Runs work on a session, once one is free.
   *
   * @param work calls `onRead` when the session holds the prompt, if it can tell before its end
   */
  async use<T>(prompt: readonly number[], work: (session: S, onRead: () => void) => Promise<T>): Promise<T> {
    while (this.#mustWait(prompt)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const session = this.#take(prompt);
    const run: Run = { prompt, isRead: false };
    this.#busy.set(session, run);
    try {
      return await work(session, () => {
        run.isRead = true;
        this.#wake();
      });
    } finally {
      this.#busy.delete(session);
      this.#idle.add(session);
      this.#wake();
    }
  }

  #mustWait(prompt: readonly number[]): boolean {
    if (this.#busy.size === this.size) return true;
    const held = Math.max(0, ...this.#sessions.map(({ ids }) => commonPrefix(ids, prompt)));
    const worth = held + prompt.length / 2;
    return [...this.#busy.values()].some((run) => !run.isRead && commonPrefix(run.prompt, prompt) >= worth);
  }

  #take(prompt: readonly number[]): S {
    const held = ({ ids }: S) => commonPrefix(ids, prompt);
    const [best] = this.#sessions.toSorted((a, b) => held(b) - held(a));
    if (best !== undefined && this.#idle.delete(best)) return best;
    const session = best?.fork() ?? this.#createSession();
    const [oldest] = this.#idle;
    if (oldest !== undefined && this.#idle.size + this.#busy.size === this.size) {
      this.#idle.delete(oldest);
      void oldest.close();
    }
    return session;
  }

  /** Idle sessions come first: of equally good ones a prompt takes an idle one. */
  get #sessions(): readonly S[] {
    return [...this.#idle, ...this.#busy.keys()];
  }

  /** Prompts that wait look again, in the order in which they came. */
  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
