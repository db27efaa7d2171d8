/**
 * Kahneman-Tversky optimisation (Ethayarajh et al. 2024): single completions, each wanted or not. What is lost
 * or gained is counted from the mean log-ratio of unrelated completions, which has no gradient.
 */
import { checkOptions, flag, fromZero, type Rule } from "../../../checks/rules.ts";
import { GptError } from "../../../errors.ts";
import { completionOf, completionRows, completionTargets } from "../../completions.ts";
import type { PartsReader } from "../../examples.ts";
import { Means } from "../../step/metrics.ts";
import { planLanguage } from "../language.ts";
import { HUGGING_FACE, type ObjectiveKind, type Step } from "../objective.ts";
import { readTokens } from "../token-statistics.ts";
import { evaluateTokens, type TokenJudge, tokenObjective } from "../weighted-tokens.ts";
import { sigmoid } from "./pair-losses.ts";
import { betaRule, type Fields, type Judged, optionalNumber, pathRule } from "./pairs.ts";
import { referenceOf, sumOf, sumsOf } from "./reference.ts";

export interface KtoSettings {
  readonly kind: "kto";
  /** Default 0.1. */
  readonly beta: number;
  /** Factors of the losses of wanted and unwanted completions. Default 1. */
  readonly desirableWeight: number;
  readonly undesirableWeight: number;
  /** The model of the reference. Default: the one that the run starts from. */
  readonly reference?: string | undefined;
}

/** Options of a caller. An undefined one counts as missing. */
export type ChosenKto = Pick<KtoSettings, "kind"> & {
  readonly [Name in Exclude<keyof KtoSettings, "kind">]?: KtoSettings[Name] | undefined;
};

const rules: Readonly<Record<Exclude<keyof KtoSettings, "kind">, Rule>> = {
  beta: betaRule,
  desirableWeight: fromZero,
  undesirableWeight: fromZero,
  reference: pathRule,
};

const examples: PartsReader = {
  read(example, limits) {
    const fields = example as Fields;
    const { prompt, completion, label } = fields;
    if (!flag.holds(label)) throw limits.fail("label: true or false is expected");
    const reference = optionalNumber(fields, "refLogp", limits);
    const sequence = completionOf({ prompt, completion: ["completion", completion] }, limits);
    return [{ ...sequence, isWanted: label === true, reference } satisfies Judged as Judged];
  },
};

/** The prompt of each example with the completion of the example before it, as far as the context reaches. */
function mismatched(sequences: readonly Judged[], contextSize: number): Judged[] {
  return sequences.map(({ inputs, targets, promptLength, ...others }, i) => {
    const other = sequences.at(i - 1) as Judged;
    const completion = other.targets.slice(other.promptLength - 1);
    const ids = [...inputs.slice(0, promptLength), ...completion].slice(0, contextSize + 1);
    return { ...others, promptLength, inputs: ids.slice(0, -1), targets: ids.slice(1), reference: undefined };
  });
}

type Access = Pick<Step, "measure" | "reference" | "scores" | "contextSize">;

/** The mean log-ratio of unrelated completions: one number for all examples of a step, 0 of a single one. */
async function divergence({ measure, reference, contextSize }: Access, all: readonly Judged[]) {
  if (all.length < 2) return 0;
  const unrelated = mismatched(all, contextSize);
  const own = await sumsOf(measure, unrelated);
  const other = await sumsOf(reference, unrelated);
  const ratio = (sequence: Judged) => (own.get(sequence) ?? 0) - (other.get(sequence) ?? 0);
  return unrelated.reduce((sum, sequence) => sum + ratio(sequence), 0) / all.length;
}

class KtoJudge implements TokenJudge<Judged> {
  readonly #settings: KtoSettings;
  readonly #references: ReadonlyMap<Judged, number>;
  readonly #divergence: number;
  readonly #means = new Means();
  readonly #count: number;

  constructor(
    sequences: readonly Judged[],
    references: ReadonlyMap<Judged, number>,
    divergence: number,
    settings: KtoSettings,
  ) {
    this.#count = sequences.length;
    this.#references = references;
    this.#divergence = divergence;
    this.#settings = settings;
  }

  async judge(...[rows, group]: Parameters<TokenJudge<Judged>["judge"]>) {
    const { beta, desirableWeight, undesirableWeight } = this.#settings;
    const targets = group.flatMap(completionTargets);
    const { logprobs } = await readTokens(rows, targets);
    const weights = new Float32Array(targets.length);
    const kl = Math.max(0, this.#divergence);
    let loss = 0;
    for (const { sequence, first, end } of completionRows(group)) {
      const sum = sumOf(logprobs.subarray(first, end));
      const ratio = sum - (this.#references.get(sequence) ?? 0);
      const [sign, weight] = sequence.isWanted ? [1, desirableWeight] : [-1, undesirableWeight];
      const x = beta * sign * (ratio - kl);
      loss += (weight * sigmoid(-x)) / this.#count;
      weights.fill((weight * sign * beta * sigmoid(x) * sigmoid(-x)) / this.#count, first, end);
      const side = sequence.isWanted ? "chosen" : "rejected";
      this.#means.add(`rewards/${side}`, beta * ratio);
      this.#means.add(`logps/${side}`, sum);
    }
    return { loss, targets, weights };
  }

  metrics() {
    const { values } = this.#means;
    const margins = (values["rewards/chosen"] ?? 0) - (values["rewards/rejected"] ?? 0);
    const kl = Math.max(0, this.#divergence);
    return { kl, kl_before_clamp: this.#divergence, ...values, "rewards/margins": margins };
  }
}

async function judgeOf(access: Access, own: readonly Judged[], settings: KtoSettings) {
  const references = await referenceOf(access, own);
  return new KtoJudge(own, references, await divergence(access, own), settings);
}

export const kto: ObjectiveKind<KtoSettings> = {
  resolve: (given) => ({
    ...{ kind: "kto", beta: 0.1, desirableWeight: 1, undesirableWeight: 1 },
    ...checkOptions(given as Partial<Omit<KtoSettings, "kind">>, rules),
  }),

  defaults: () => ({ ...HUGGING_FACE, lr: 1e-6 }),

  hasReference: true,

  plan: planLanguage,

  examples,

  async objectives(step, settings) {
    if (step.sequences.length < 2) throw new GptError("usage", "kto: a batch needs at least two examples");
    const judge = await judgeOf(step, step.sequences as readonly Judged[], settings);
    return [tokenObjective(step.decoder.head, judge)];
  },

  async evaluate(measuring, sequences, settings) {
    const own = sequences as readonly Judged[];
    return evaluateTokens(measuring.measure, own, await judgeOf(measuring, own, settings), own.length);
  },
};
