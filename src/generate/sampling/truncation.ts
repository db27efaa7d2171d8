/**
 * The steps that narrow the candidates down, and the temperature. They are pure functions; a step that would
 * change nothing is not made. Of tokens that rank the same, the lower id is kept first.
 */
import { type Candidates, filter, sum, weights } from "./candidates.ts";
import { exp } from "./exp.ts";
import { nearest } from "./nearest.ts";

export type Step = (candidates: Candidates) => Candidates;

/**
 * Locally typical sampling (Meister et al. 2022, "Locally Typical Sampling"): the smallest set of tokens
 * whose surprisal -ln p is nearest to the entropy and whose probability reaches `mass`, in [0, 1]. It always
 * keeps one.
 *
 * A gap is a surprisal minus the surprisal of the likeliest token, and the entropy is the mean surprisal. So
 * a surprisal minus the entropy is a gap minus the mean gap.
 */
export const typicalP =
  (mass: number): Step =>
  (candidates) => {
    const weight = weights(candidates);
    const total = sum(weight);
    const mean = sum(weight.map((w, i) => w * (candidates.gaps[i] as number))) / total;
    const distances = candidates.gaps.map((gap) => Math.abs(gap - mean));
    return filter(candidates, nearest(distances, weight, mass * total));
  };

/**
 * Nucleus sampling (Holtzman et al. 2019, "The Curious Case of Neural Text Degeneration"): the smallest set
 * of likeliest tokens whose probability reaches `mass`, in [0, 1]. It always keeps one.
 */
export const topP =
  (mass: number): Step =>
  (candidates) => {
    const weight = weights(candidates);
    return filter(candidates, nearest(candidates.gaps, weight, mass * sum(weight)));
  };

/**
 * Min-p sampling (Nguyen et al. 2024, "Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM
 * Outputs"): the tokens at least `share`, in [0, 1], as probable as the likeliest one.
 */
export const minP =
  (share: number): Step =>
  (candidates) =>
    filter(candidates, (position) => exp(-(candidates.gaps[position] as number)) >= share);

/**
 * Divides every logit by `degree`, above 0: below 1 the likely tokens become likelier still, above 1 less so.
 */
export const temperature =
  (degree: number): Step =>
  ({ ids, gaps }) => ({ ids, gaps: gaps.map((gap) => gap / degree) });
