/**
 * Group relative policy optimisation (Shao et al. 2024): several completions of a prompt are compared with one
 * another, so no value function is needed. Its kin differ in what a token's loss is divided by.
 */
import { checkOptions, fromZero, number, oneOf, type Rule, wholeFrom } from "../../../checks/rules.ts";
import { completionRows, completionTargets } from "../../completions.ts";
import { Means } from "../../step/metrics.ts";
import { planLanguage } from "../language.ts";
import { HUGGING_FACE, type ObjectiveKind } from "../objective.ts";
import { betaRule, pathRule } from "../preference/pairs.ts";
import { readTokens } from "../token-statistics.ts";
import { evaluateTokens, type TokenJudge, tokenObjective } from "../weighted-tokens.ts";
import { momentsOf } from "./advantages.ts";
import { clippedRatio, k3 } from "./clipped-ratio.ts";
import {
  type DivisorSettings,
  divisorsOf,
  GROUP_LOSSES,
  type GroupSettings,
  type Rewarded,
  rewarded,
  withAdvantages,
} from "./groups.ts";

export interface GrpoSettings extends GroupSettings, DivisorSettings {
  readonly kind: "grpo";
  /** How far the ratio may go below and above 1. Default 0.2; `epsilonHigh` of cispo is the cap itself. */
  readonly epsilon: number;
  readonly epsilonHigh: number;
  /** Largest ratio of the term without a clip. */
  readonly delta?: number | undefined;
  /** Factor of the distance from the reference. Default 0. */
  readonly beta: number;
  /** Ratio of each id, or one of each completion (GSPO). */
  readonly importanceSamplingLevel: "token" | "sequence";
  /** Temperature that the completions were sampled at. Default 1. */
  readonly temperature: number;
  /** The model of the reference. Default: the one that the run starts from. */
  readonly reference?: string | undefined;
}

/** Options of a caller. An undefined one counts as missing; `delta` may be null. */
export type ChosenGrpo = Pick<GrpoSettings, "kind"> & {
  readonly [Name in Exclude<keyof GrpoSettings, "kind" | "delta">]?: GrpoSettings[Name] | undefined;
} & { readonly delta?: number | null | undefined };

const rules: Readonly<Record<Exclude<keyof GrpoSettings, "kind">, Rule>> = {
  loss: oneOf(...GROUP_LOSSES),
  numGenerations: wholeFrom(2),
  epsilon: fromZero,
  epsilonHigh: fromZero,
  delta: { expected: "a number above 0", holds: (value) => value === null || betaRule.holds(value) },
  beta: fromZero,
  scaleRewards: oneOf("group", "batch", "none"),
  importanceSamplingLevel: oneOf("token", "sequence"),
  microBatches: wholeFrom(1),
  maxCompletionLength: wholeFrom(1),
  temperature: number("a number above 0", (value) => value > 0),
  reference: pathRule,
};

class GrpoJudge implements TokenJudge<Rewarded> {
  readonly temperature: number;
  readonly #settings: GrpoSettings;
  readonly #all: readonly Rewarded[];
  readonly #references: ReadonlyMap<Rewarded, readonly number[]>;
  readonly #divisors: ReadonlyMap<Rewarded, number>;
  readonly #means = new Means();

  constructor(
    all: readonly Rewarded[],
    references: ReadonlyMap<Rewarded, readonly number[]>,
    settings: GrpoSettings,
  ) {
    this.#all = all;
    this.#references = references;
    this.#settings = settings;
    this.temperature = settings.temperature;
    this.#divisors = divisorsOf(all, settings);
    for (const { reward, isTied } of all) {
      this.#means.add("reward", reward);
      this.#means.add("frac_reward_zero_std", Number(isTied));
    }
  }

  async judge(...[rows, group]: Parameters<TokenJudge<Rewarded>["judge"]>) {
    const targets = group.flatMap(completionTargets);
    const { logprobs, entropies } = await readTokens(rows, targets, this.temperature);
    const weights = new Float32Array(targets.length);
    let loss = 0;
    for (const { sequence, first, end } of completionRows(group)) {
      const own = logprobs.subarray(first, end);
      const differences = Array.from(own, (logprob, t) => logprob - (sequence.old?.[t] ?? logprob));
      const terms = this.#terms(sequence, own, differences);
      const scale = 1 / (this.#divisors.get(sequence) ?? 1);
      for (const [t, term] of terms.entries()) {
        loss += term.loss * scale;
        weights[first + t] = -term.slope * scale;
        this.#means.add("entropy", entropies[first + t] ?? 0);
      }
      this.#means.add("completions/mean_length", own.length);
    }
    return { loss, targets, weights };
  }

  metrics() {
    const deviation = this.#all[0]?.deviation ?? 0;
    return { ...this.#means.values, reward_std: deviation };
  }

  /** Loss of each id, and its derivative by the log-probability. */
  #terms(sequence: Rewarded, own: Float64Array, differences: readonly number[]) {
    const { beta, importanceSamplingLevel } = this.#settings;
    const { mean } = momentsOf(differences);
    const isSequence = importanceSamplingLevel === "sequence";
    const reference = this.#references.get(sequence);
    return differences.map((difference, t) => {
      const logprob = own[t] ?? 0;
      const counts = !isSequence || t === 0;
      const term = this.#policyTerm(
        Math.exp(isSequence ? mean : difference),
        sequence.advantage,
        logprob,
        counts,
      );
      if (reference === undefined) return term;
      const distance = (reference[t] ?? 0) - logprob;
      this.#means.add("kl", k3(distance));
      return {
        loss: term.loss + beta * k3(distance),
        slope: term.slope + beta * -Math.expm1(distance),
      };
    });
  }

  /** @param counts whether the ratio is counted: one of a completion is counted once */
  #policyTerm(ratio: number, advantage: number, logprob: number, counts: boolean) {
    const { loss, epsilon: low, epsilonHigh: high, delta } = this.#settings;
    const capped = Math.min(ratio, delta ?? ratio);
    if (counts) this.#means.add("ratio", capped);
    if (loss === "cispo") {
      const slope = -advantage * Math.min(ratio, high);
      return { loss: slope * logprob, slope };
    }
    if (counts) {
      const [isLow, isHigh] = [capped < 1 - low && advantage < 0, capped > 1 + high && advantage > 0];
      this.#means.add("clip_ratio/low_mean", Number(isLow));
      this.#means.add("clip_ratio/high_mean", Number(isHigh));
      this.#means.add("clip_ratio/region_mean", Number(isLow || isHigh));
    }
    return clippedRatio(ratio, advantage, { low, high, cap: delta });
  }
}

/** Log-probabilities under the reference, as far as they are given or needed. */
async function referencesOf(
  { reference }: Pick<Parameters<ObjectiveKind<GrpoSettings>["objectives"]>[0], "reference">,
  all: readonly Rewarded[],
  { beta, temperature }: GrpoSettings,
): Promise<ReadonlyMap<Rewarded, readonly number[]>> {
  const known = new Map<Rewarded, readonly number[]>();
  for (const row of all) if (row.reference) known.set(row, row.reference);
  const unknown = all.filter((row) => !known.has(row));
  if (beta === 0 || unknown.length === 0) return known;
  await reference(unknown, async (rows, group) => {
    const { logprobs } = await readTokens(rows, group.flatMap(completionTargets), temperature);
    for (const { sequence, first, end } of completionRows(group)) {
      known.set(sequence, [...logprobs.subarray(first, end)]);
    }
    return 0;
  });
  return known;
}

export const grpo: ObjectiveKind<GrpoSettings> = {
  resolve(given) {
    const { delta, ...checked } = checkOptions(given as Partial<Omit<GrpoSettings, "kind">>, rules);
    const { epsilon = 0.2 } = checked;
    return {
      ...{ kind: "grpo", loss: "dapo", beta: 0, scaleRewards: "group", importanceSamplingLevel: "token" },
      ...{ microBatches: 1, maxCompletionLength: 512, temperature: 1, epsilonHigh: epsilon },
      ...checked,
      epsilon,
      ...(delta ? { delta } : {}),
    } as GrpoSettings;
  },

  hasReference: true,

  defaults: () => ({ ...HUGGING_FACE, lr: 1e-6 }),

  plan: planLanguage,

  examples: rewarded,

  prepare: (sequences, settings) => withAdvantages(sequences as readonly Rewarded[], settings),

  async objectives(step, settings) {
    const own = step.sequences as readonly Rewarded[];
    return [
      tokenObjective(
        step.decoder.head,
        new GrpoJudge(own, await referencesOf(step, own, settings), settings),
      ),
    ];
  },

  async evaluate(measuring, sequences, settings) {
    const own = sequences as readonly Rewarded[];
    const judge = new GrpoJudge(own, await referencesOf(measuring, own, settings), settings);
    return evaluateTokens(measuring.measure, own, judge, own.length);
  },
};
