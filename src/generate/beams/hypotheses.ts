/**
 * The finished texts of a beam search, at most one for each beam, ranked by their likelihood for their
 * length.
 */

import type { FinishReason } from "../options/options.ts";
import type { GenerateSettings } from "../options/settings.ts";
import { exp, log } from "../sampling/exp.ts";

export interface Hypothesis {
  readonly ids: readonly number[];
  /** The sum of the log-probabilities of its tokens. */
  readonly logprob: number;
  /** The number of tokens: one more than `ids` if an end-of-text token ended the text. */
  readonly length: number;
  /** The reason for its end. */
  readonly reason: FinishReason;
}

export interface RankedHypothesis extends Hypothesis {
  /** The log-probability, divided by the length to the power of `lengthPenalty`. */
  readonly score: number;
}

export class Hypotheses {
  readonly #settings: Pick<GenerateSettings, "beams" | "lengthPenalty" | "earlyStopping">;
  readonly #longest: number;
  /** Best first. */
  readonly #ranked: RankedHypothesis[] = [];

  /** @param longest the greatest number of tokens of a hypothesis */
  constructor(
    settings: Pick<GenerateSettings, "beams" | "lengthPenalty" | "earlyStopping">,
    longest: number,
  ) {
    this.#settings = settings;
    this.#longest = longest;
  }

  /** The best one, of equal ones the first that came. */
  get best(): RankedHypothesis | undefined {
    return this.#ranked[0];
  }

  /** Adds one, and drops the worst if there are more than beams. */
  add(hypothesis: Hypothesis): void {
    const score = this.#score(hypothesis.logprob, hypothesis.length);
    const worse = this.#ranked.findIndex((other) => other.score < score);
    this.#ranked.splice(worse < 0 ? this.#ranked.length : worse, 0, { ...hypothesis, score });
    this.#ranked.length = Math.min(this.#ranked.length, this.#settings.beams);
  }

  /**
   * Whether the search is over: there are as many hypotheses as beams, and by the rule that `earlyStopping`
   * names no text under way can become better than the worst of them.
   * @param logprob of the likeliest text under way
   * @param length of the texts under way
   */
  settled(logprob: number, length: number): boolean {
    const { beams, earlyStopping, lengthPenalty } = this.#settings;
    const worst = this.#ranked[beams - 1];
    if (worst === undefined || earlyStopping === true) return worst !== undefined;
    // Every further token makes a text less likely, but if length is favoured, its score may still rise.
    const attainable = earlyStopping === "never" && lengthPenalty > 0 ? this.#longest : length;
    return this.#score(logprob, attainable) <= worst.score;
  }

  #score(logprob: number, length: number): number {
    return logprob / power(length, this.#settings.lengthPenalty);
  }
}

/** base ** exponent for a base from 1, never 0. The last bits of `**` depend on the engine. */
function power(base: number, exponent: number): number {
  if (exponent === 1) return base;
  const inverse = Math.max(exp(-Math.abs(exponent) * log(base)), Number.MIN_VALUE);
  return exponent < 0 ? inverse : 1 / inverse;
}
