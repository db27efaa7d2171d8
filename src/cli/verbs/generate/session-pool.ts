/** Sessions for generations that run at the same time, so that they share the passes over the weights. */
import { commonPrefix } from "../../../generate/common-prefix.ts";
import type { LanguageModel, Session } from "../../../library/language-model.ts";
import { sessionsThatFit } from "../../../weights/memory-plan.ts";
import { PARALLEL } from "./batch/flags.ts";

/** A generation under way. */
interface Run {
  readonly prompt: readonly number[];
  /** Whether the session holds the prompt. */
  isRead: boolean;
}

/**
 * Each session keeps what it holds: a prompt goes to the one that holds most of it, or to a fork of that. Where half of it
 * is just being read for another generation, it waits for that.
 */
export class SessionPool {
  /** How many sessions there are at most. */
  readonly size: number;
  readonly #model: LanguageModel;
  readonly #idle = new Set<Session>();
  readonly #busy = new Map<Session, Run>();
  #waiting: (() => void)[] = [];

  /** @param parallel how many generations run at a time. Default: 8, or fewer where fewer whole contexts fit in memory */
  constructor(model: LanguageModel, parallel = Math.min(PARALLEL, sessionsThatFit(model))) {
    this.#model = model;
    this.size = parallel;
  }

  /**
   * Runs work on a session, once there is one.
   *
   * @param work gets a function to call when the session holds the prompt, if that can be told before the end
   */
  async use<T>(
    prompt: readonly number[],
    work: (session: Session, onRead: () => void) => Promise<T>,
  ): Promise<T> {
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

  #take(prompt: readonly number[]): Session {
    const held = ({ ids }: Session) => commonPrefix(ids, prompt);
    const [best] = this.#sessions.toSorted((a, b) => held(b) - held(a));
    if (best !== undefined && this.#idle.delete(best)) return best;
    const session = best?.fork() ?? this.#model.createSession();
    const [oldest] = this.#idle;
    if (oldest !== undefined && this.#idle.size + this.#busy.size === this.size) {
      this.#idle.delete(oldest);
      void oldest.close();
    }
    return session;
  }

  /** Those that are idle first. */
  get #sessions(): readonly Session[] {
    return [...this.#idle, ...this.#busy.keys()];
  }

  /** In the order in which they came. */
  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
