/**
 * Odds ratio preference optimisation (Hong et al. 2024): the model learns to write the prompt and the chosen
 * completion, and to give it higher odds than the rejected one. It needs no reference.
 */
import { checkOptions } from "../../../checks/rules.ts";
import { completionRows } from "../../completions.ts";
import { planLanguage } from "../language.ts";
import { HUGGING_FACE, type ObjectiveKind } from "../objective.ts";
import { readTokens } from "../token-statistics.ts";
import { evaluateTokens, type TokenJudge, tokenObjective } from "../weighted-tokens.ts";
import { logSigmoid, sigmoid } from "./pair-losses.ts";
import { betaRule, inPairs, type Judged, PairMeans, pairs } from "./pairs.ts";
import { sumOf } from "./reference.ts";

export interface OrpoSettings {
  readonly kind: "orpo";
  /** Factor of the odds ratio, lambda in the paper. Default 0.1. */
  readonly beta: number;
}

export interface ChosenOrpo {
  readonly kind: "orpo";
  readonly beta?: number | undefined;
}

/** log(p / (1 - p)) of p = e^l, and its derivative by l. */
function logOdds(l: number): { readonly value: number; readonly derivative: number } {
  const rest = -Math.expm1(l);
  return { value: l - Math.log(rest), derivative: 1 / rest };
}

class OrpoJudge implements TokenJudge<Judged> {
  readonly #beta: number;
  readonly #means = new PairMeans();
  readonly #pairs: number;
  /** Predicted ids of all prompts and chosen completions. */
  readonly #tokens: number;

  constructor(sequences: readonly Judged[], { beta }: OrpoSettings) {
    this.#beta = beta;
    this.#pairs = sequences.length / 2;
    this.#tokens = inPairs(sequences).reduce((sum, [chosen]) => sum + chosen.inputs.length, 0);
  }

  async judge(...[rows, group]: Parameters<TokenJudge<Judged>["judge"]>) {
    const targets = group.flatMap(({ targets }) => targets);
    const { logprobs } = await readTokens(rows, targets);
    const weights = new Float32Array(targets.length);
    const [beta, means] = [this.#beta, this.#means];
    let loss = 0;
    for (const [chosen, rejected] of inPairs(completionRows(group))) {
      const whole = chosen.end - chosen.sequence.inputs.length;
      const nll = -sumOf(logprobs.subarray(whole, chosen.end));
      const mean = ({ first, end }: typeof chosen) => sumOf(logprobs.subarray(first, end)) / (end - first);
      const [own, other] = [mean(chosen), mean(rejected)];
      const [ownOdds, otherOdds] = [logOdds(own), logOdds(other)];
      const odds = ownOdds.value - otherOdds.value;
      loss += nll / this.#tokens - (beta * logSigmoid(odds)) / this.#pairs;
      const slope = (beta * sigmoid(-odds)) / this.#pairs;
      weights.fill(1 / this.#tokens, whole, chosen.end);
      const pull = (slope * ownOdds.derivative) / (chosen.end - chosen.first);
      weights.fill(1 / this.#tokens + pull, chosen.first, chosen.end);
      const push = (slope * otherOdds.derivative) / (rejected.end - rejected.first);
      weights.fill(-push, rejected.first, rejected.end);
      means.add("nll_loss", nll, chosen.end - whole);
      means.add("log_odds_ratio", logSigmoid(odds));
      means.add("log_odds_chosen", odds);
      means.addPair(beta * own, beta * other);
      means.add("logps/chosen", own);
      means.add("logps/rejected", other);
    }
    return { loss, targets, weights };
  }

  metrics() {
    return this.#means.values;
  }
}

export const orpo: ObjectiveKind<OrpoSettings> = {
  resolve: (given) => ({ kind: "orpo", beta: 0.1, ...checkOptions(given, { beta: betaRule }) }),

  defaults: () => ({ ...HUGGING_FACE, lr: 1e-6 }),

  plan: planLanguage,

  examples: pairs,

  objectives: ({ decoder, sequences }, settings) => [
    tokenObjective(decoder.head, new OrpoJudge(sequences as readonly Judged[], settings)),
  ],

  evaluate({ measure }, sequences, settings) {
    const own = sequences as readonly Judged[];
    return evaluateTokens(measure, own, new OrpoJudge(own, settings), own.length / 2);
  },
};
