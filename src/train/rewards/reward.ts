/** Rewards: what a number is given for an answer. A source of rewards is an entry of table.ts. */

import type { ModelOptions } from "../../engine/model.ts";
import type { JsonObject } from "../../files/json.ts";
import type { Written } from "../../files/written.ts";

export interface Answer {
  /** What it answers; undefined for a whole text. */
  readonly prompt?: Written | undefined;
  readonly completion: Written;
  /** Fields of the record that the prompt is from. */
  readonly fields?: JsonObject | undefined;
}

/** A number, or undefined for an answer that the source has nothing to say of. */
export type Points = number | undefined;

export interface Reward {
  /** A number for each answer. @throws GptError if there is none; the signal's reason once it is aborted */
  score(answers: readonly Answer[], signal: AbortSignal | undefined): Promise<readonly Points[]>;
  close(): Promise<void>;
}

/** What sources need beside their argument. */
export interface RewardContext {
  /** Of reward models. */
  readonly engine: ModelOptions;
  /** The longest time that a command may take for the answers of one request. Default 60. */
  readonly timeoutSeconds?: number | undefined;
}

export interface RewardSource {
  /** What the argument is, for help and errors; undefined for a source without one. */
  readonly argument?: string;
  readonly describe: string;
  /** @throws GptError `usage` for a wrong argument, and as the source's own loading */
  open(argument: string, context: RewardContext): Reward | Promise<Reward>;
}
