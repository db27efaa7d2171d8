/**
 * Proximal policy optimisation (Schulman et al. 2017) as in InstructGPT: the policy learns from responses that
 * it wrote, whose advantages come from a score, the distance from a reference and a value function. The value
 * function is a head on the policy's own last states.
 */
import {
  between,
  checkOptions,
  flag,
  fromZero,
  number,
  oneOf,
  type Rule,
  wholeFrom,
} from "../../../checks/rules.ts";
import { completionLength } from "../../completions.ts";
import type { Sequence } from "../../examples.ts";
import { Means } from "../../step/metrics.ts";
import { planLanguage } from "../language.ts";
import { HUGGING_FACE, type ObjectiveKind } from "../objective.ts";
import { pathRule } from "../preference/pairs.ts";
import { readTokens } from "../token-statistics.ts";
import { evaluateTokens, type TokenJudge, tokenObjective } from "../weighted-tokens.ts";
import { type AdvantageSettings, advantagesOf, rewardsOf } from "./advantages.ts";
import { clippedRatio, k3 } from "./clipped-ratio.ts";
import { pretrainingObjective } from "./pretraining.ts";
import { isRollout, type Rollout, rolloutRows, rollouts, rolloutTargets } from "./rollouts.ts";
import { type ValueSettings, valueObjective } from "./values.ts";

export interface PpoSettings extends AdvantageSettings, ValueSettings {
  readonly kind: "ppo";
  /** How far the ratio of an id may go from 1. Default 0.2. */
  readonly cliprange: number;
  /** Factor of the cross-entropy of examples that are plain lists of ids (PPO-ptx). Default 0. */
  readonly ptxCoef: number;
  /** Temperature that the responses were sampled at. Default 1. */
  readonly temperature: number;
  /** Of `gpt train`: how often a rollout is read, and responses of an update. */
  readonly ppoEpochs: number;
  readonly miniBatchSize?: number | undefined;
  /** The model of the reference. Default: the one that the run starts from. */
  readonly reference?: string | undefined;
}

/** Options of a caller. An undefined one counts as missing. */
export type ChosenPpo = Pick<PpoSettings, "kind"> & {
  readonly [Name in Exclude<keyof PpoSettings, "kind">]?: PpoSettings[Name] | undefined;
};

const DEFAULTS: PpoSettings = {
  ...{ kind: "ppo", klCoef: 0.05, klEstimator: "k1", gamma: 1, lam: 0.95, whitenRewards: false },
  ...{ cliprange: 0.2, cliprangeValue: 0.2, vfCoef: 0.1, ptxCoef: 0, temperature: 1, ppoEpochs: 4 },
};

const share = between(0, 1);

const rules: Readonly<Record<Exclude<keyof PpoSettings, "kind">, Rule>> = {
  klCoef: fromZero,
  klEstimator: oneOf("k1", "k3"),
  gamma: share,
  lam: share,
  whitenRewards: flag,
  cliprange: fromZero,
  cliprangeValue: fromZero,
  vfCoef: fromZero,
  ptxCoef: fromZero,
  temperature: number("a number above 0", (value) => value > 0),
  ppoEpochs: wholeFrom(1),
  miniBatchSize: wholeFrom(1),
  reference: pathRule,
};

class PolicyJudge implements TokenJudge<Sequence> {
  readonly temperature: number;
  readonly #settings: PpoSettings;
  readonly #tokens: number;
  readonly #means = new Means();

  constructor(rollouts: readonly Rollout[], settings: PpoSettings) {
    this.temperature = settings.temperature;
    this.#settings = settings;
    this.#tokens = rollouts.reduce((sum, rollout) => sum + completionLength(rollout), 0);
    for (const rollout of rollouts) this.#addObjective(rollout);
  }

  async judge(...[rows, group]: Parameters<TokenJudge<Sequence>["judge"]>) {
    const targets = group.flatMap(rolloutTargets);
    const { logprobs, entropies } = await readTokens(rows, targets, this.temperature);
    const weights = new Float32Array(targets.length);
    const { cliprange } = this.#settings;
    const means = this.#means;
    let loss = 0;
    for (const { sequence, first, end } of rolloutRows(group)) {
      for (let row = first; row < end; row++) {
        const t = row - first;
        const difference = (logprobs[row] ?? 0) - (sequence.logprobs[t] ?? 0);
        const ratio = Math.exp(difference);
        const range = { low: cliprange, high: cliprange };
        const term = clippedRatio(ratio, sequence.advantages[t] ?? 0, range);
        loss += term.loss / this.#tokens;
        weights[row] = -term.slope / this.#tokens;
        means.add("pg_loss", term.loss);
        means.add("entropy", entropies[row] ?? 0);
        means.add("approx_kl", difference ** 2 / 2);
        means.add("approx_kl_k3", k3(difference));
        means.add("ratio", ratio);
        means.add("clipfrac", Number(term.isClipped));
      }
    }
    return { loss, targets, weights };
  }

  metrics() {
    return this.#means.values;
  }

  /** Sums over the ids of a response. */
  #addObjective(rollout: Rollout): void {
    const { logprobs, refLogprobs, score } = rollout;
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const price = sum(rewardsOf({ ...rollout, score: 0 }, this.#settings));
    this.#means.add("objective/kl", sum(logprobs) - sum(refLogprobs));
    this.#means.add("objective/entropy", -sum(logprobs));
    this.#means.add("objective/non_score_reward", price);
    this.#means.add("objective/scores", score);
    this.#means.add("objective/rlhf_reward", score + price);
  }
}

export const ppo: ObjectiveKind<PpoSettings> = {
  resolve: (given) => ({
    ...DEFAULTS,
    ...checkOptions(given as Partial<Omit<PpoSettings, "kind">>, rules),
  }),

  hasReference: true,

  hasValues: true,

  defaults: () => ({ ...HUGGING_FACE, lr: 3e-6, clipGradNorm: 0 }),

  plan: planLanguage,

  examples: rollouts,

  prepare(sequences, settings) {
    const all = sequences.filter(isRollout);
    if (!all.some(({ isEstimated }) => isEstimated)) return sequences;
    const found = advantagesOf(all, settings);
    const own = new Map(all.map((rollout, i) => [rollout as Sequence, { ...rollout, ...found[i] }]));
    return sequences.map((sequence) => own.get(sequence) ?? sequence);
  },

  objectives(step, settings) {
    const own = step.sequences.filter(isRollout);
    if (step.valueHead === undefined) throw new Error("ppo without a value head");
    const policy = tokenObjective(step.decoder.head, new PolicyJudge(own, settings));
    const values = valueObjective(step.valueHead, own, settings);
    const hasTexts = settings.ptxCoef > 0 && own.length < step.sequences.length;
    return hasTexts ? [policy, values, pretrainingObjective(step, settings.ptxCoef)] : [policy, values];
  },

  evaluate({ measure }, sequences, settings) {
    const own = sequences.filter(isRollout);
    return evaluateTokens(measure, own, new PolicyJudge(own, settings), own.length);
  },
};
