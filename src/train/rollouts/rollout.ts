/** Rollouts of a step: what the policy wrote, and all that is known of it before the policy changes. */
import type { Score } from "../rewards/table.ts";
import type { Rating } from "../step/rate.ts";
import type { Response } from "./respond.ts";

export interface Rollout extends Response {
  readonly prompt: readonly number[];
  /** Number of its prompt in the step. */
  readonly row: number;
  /** What it is given points for: its text without the id that ends texts. */
  readonly text: string;
  readonly score: Score;
  /** Less the price of a response without an end. */
  readonly reward: number;
  /** Undefined if nothing asks for the distance from the reference. */
  readonly rating: Rating | undefined;
}

/** Sum over the ids of log p - log p_ref; its mean over responses is the KL divergence from the reference. */
export const distanceOf = ({ logprobs, rating }: Pick<Rollout, "logprobs" | "rating">): number =>
  rating === undefined
    ? 0
    : logprobs.reduce((sum, logprob, t) => sum + logprob - (rating.refLogprobs[t] ?? 0), 0);
