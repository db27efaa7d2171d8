/**
 * Direct preference optimisation (Rafailov et al. 2023) and its kin: the model learns from pairs of
 * completions how to write, measured against a reference that does not change.
 */
import { checkOptions, fromZero, number, type Rule } from "../../../checks/rules.ts";
import { completionLength, completionRows, completionTargets } from "../../completions.ts";
import { planLanguage } from "../language.ts";
import { HUGGING_FACE, type ObjectiveKind } from "../objective.ts";
import { readTokens } from "../token-statistics.ts";
import { evaluateTokens, type TokenJudge, tokenObjective } from "../weighted-tokens.ts";
import { PAIR_LOSS_NAMES, PAIR_LOSSES, type PairLossName } from "./pair-losses.ts";
import { betaRule, inPairs, type Judged, PairMeans, pairs, pathRule } from "./pairs.ts";
import { referenceOf, sumOf } from "./reference.ts";

/** A loss alone, or with the cross-entropy of the chosen completions beside it. */
export type DpoLoss = PairLossName | `${PairLossName}+sft`;

export interface DpoSettings {
  readonly kind: "dpo";
  /** Default `sigmoid`. */
  readonly loss: DpoLoss;
  /** How far the model may go from the reference: less with a larger one. Default 0.1. */
  readonly beta: number;
  /** Probability that a pair is the wrong way round. Default 0; of cdpo, robust and exo_pair 0.1. */
  readonly labelSmoothing: number;
  /** Factor of the cross-entropy that `+sft` adds. Default 1. */
  readonly alpha: number;
  /** The model of the reference. Default: the one that the run starts from. */
  readonly reference?: string | undefined;
}

/** Options of a caller. An undefined one counts as missing. */
export type ChosenDpo = Pick<DpoSettings, "kind"> & {
  readonly [Name in Exclude<keyof DpoSettings, "kind">]?: DpoSettings[Name] | undefined;
};

const SFT = "+sft";
const DPO_LOSSES: readonly string[] = [...PAIR_LOSS_NAMES, ...PAIR_LOSS_NAMES.map((name) => name + SFT)];

/** Losses whose formula needs a doubt. */
const DOUBTING: readonly string[] = ["cdpo", "robust", "exo_pair"];

const rules: Readonly<Record<Exclude<keyof DpoSettings, "kind">, Rule>> = {
  loss: {
    expected: `one of ${PAIR_LOSS_NAMES.join(", ")}, each also with ${SFT}`,
    holds: (value) => typeof value === "string" && DPO_LOSSES.includes(value),
  },
  beta: betaRule,
  labelSmoothing: number("a number from 0 to below 0.5", (value) => value >= 0 && value < 0.5),
  alpha: fromZero,
  reference: pathRule,
};

class DpoJudge implements TokenJudge<Judged> {
  readonly #settings: DpoSettings;
  readonly #references: ReadonlyMap<Judged, number>;
  readonly #means = new PairMeans();
  readonly #pairs: number;
  /** Ids of all chosen completions. */
  readonly #chosenTokens: number;

  constructor(sequences: readonly Judged[], references: ReadonlyMap<Judged, number>, settings: DpoSettings) {
    this.#settings = settings;
    this.#references = references;
    this.#pairs = sequences.length / 2;
    this.#chosenTokens = inPairs(sequences).reduce((sum, [chosen]) => sum + completionLength(chosen), 0);
  }

  async judge(...[rows, group]: Parameters<TokenJudge<Judged>["judge"]>) {
    const targets = group.flatMap(completionTargets);
    const statistics = await readTokens(rows, targets);
    const weights = new Float32Array(targets.length);
    const [name = "sigmoid", sft] = this.#settings.loss.split(SFT);
    const formula = PAIR_LOSSES[name as PairLossName];
    const supervised = sft === undefined ? 0 : this.#settings.alpha / this.#chosenTokens;
    let loss = 0;
    for (const [chosen, rejected] of inPairs(completionRows(group))) {
      const of = ({ sequence, first, end }: typeof chosen) => {
        const sum = sumOf(statistics.logprobs.subarray(first, end));
        return { sum, ratio: sum - (this.#references.get(sequence) ?? 0), length: end - first };
      };
      const [own, other] = [of(chosen), of(rejected)];
      const ratios = {
        ...{ chosen: own.ratio, chosenLength: own.length },
        ...{ rejected: other.ratio, rejectedLength: other.length },
      };
      const slopes = formula(ratios, this.#settings);
      loss += slopes.loss / this.#pairs - supervised * own.sum;
      weights.fill(supervised - slopes.chosen / this.#pairs, chosen.first, chosen.end);
      weights.fill(-slopes.rejected / this.#pairs, rejected.first, rejected.end);
      const { beta } = this.#settings;
      this.#means.addPair(beta * own.ratio, beta * other.ratio);
      this.#means.add("logps/chosen", own.sum);
      this.#means.add("logps/rejected", other.sum);
      const add = (name: string, values: Float64Array, { first, end }: typeof chosen) =>
        this.#means.add(name, sumOf(values.subarray(first, end)), end - first);
      add("logits/chosen", statistics.means, chosen);
      add("logits/rejected", statistics.means, rejected);
      for (const side of [chosen, rejected]) add("entropy", statistics.entropies, side);
      add("mean_token_accuracy", statistics.hits, chosen);
    }
    return { loss, targets, weights };
  }

  metrics() {
    return this.#means.values;
  }
}

export const dpo: ObjectiveKind<DpoSettings> = {
  resolve(given) {
    const checked = checkOptions(given as Partial<Omit<DpoSettings, "kind">>, rules);
    const { loss = "sigmoid" } = checked;
    const labelSmoothing = DOUBTING.some((name) => loss.startsWith(name)) ? 0.1 : 0;
    return { kind: "dpo", beta: 0.1, labelSmoothing, alpha: 1, ...checked, loss };
  },

  defaults: () => ({ ...HUGGING_FACE, lr: 1e-6 }),

  hasReference: true,

  plan: planLanguage,

  examples: pairs,

  async objectives(step, settings) {
    const own = step.sequences as readonly Judged[];
    const judge = new DpoJudge(own, await referenceOf(step, own), settings);
    return [tokenObjective(step.decoder.head, judge)];
  },

  async evaluate(measuring, sequences, settings) {
    const own = sequences as readonly Judged[];
    const judge = new DpoJudge(own, await referenceOf(measuring, own), settings);
    return evaluateTokens(measuring.measure, own, judge, own.length / 2);
  },
};
