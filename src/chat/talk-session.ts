/**
 * The session of a conversation. A template may leave out what an answer held, such as its reasoning: the next
 * prompt then goes back to the end of the last one. Layers with a window or a state cannot go back far, so a
 * fork holds what they knew there.
 */
import { kvPlaces } from "../compute/memory/kv-shape.ts";
import { commonPrefix } from "../engine/common-prefix.ts";
import type { Session, TextModel } from "../text/text-model.ts";

export class TalkSession {
  #session: Session;
  /** The session when it had read the last prompt. */
  #atPrompt: Session | undefined;
  readonly #forgets: boolean;

  constructor(model: Pick<TextModel, "createSession" | "kvShape">) {
    this.#session = model.createSession();
    const { classes, stateBytes } = kvPlaces(model.kvShape);
    this.#forgets = stateBytes > 0 || classes.some(({ past }) => Number.isFinite(past));
  }

  get length(): number {
    return this.#session.ids.length;
  }

  /** The session that has to run the fewest ids for a prompt. */
  async for(prompt: readonly number[]): Promise<Session> {
    const kept = this.#atPrompt;
    if (kept === undefined) return this.#session;
    this.#atPrompt = undefined;
    const isBegun = commonPrefix(kept.ids, prompt) === kept.length;
    const isBetter = isBegun && kept.filled > (await this.#held(prompt));
    await (isBetter ? this.#session : kept).close();
    if (isBetter) this.#session = kept;
    return this.#session;
  }

  /** To be called once the prompt is read. @param length of the prompt */
  keepPrompt(length: number): void {
    if (!this.#forgets) return;
    this.#atPrompt = this.#session.fork();
    this.#atPrompt.truncate(Math.min(length, this.#session.length));
  }

  async close(): Promise<void> {
    await this.#atPrompt?.close();
    await this.#session.close();
  }

  /** Positions that the session would still hold after it has gone back to where a prompt differs. */
  async #held(prompt: readonly number[]): Promise<number> {
    const trial = this.#session.fork();
    trial.truncate(commonPrefix(trial.ids, prompt));
    const { filled } = trial;
    await trial.close();
    return filled;
  }
}
