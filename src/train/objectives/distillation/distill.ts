/**
 * Distillation (Hinton et al. 2015): a student learns the probabilities that a teacher gives all ids, beside the
 * right ids themselves. Both have one vocabulary.
 */
import { between, checkOptions, number, oneOf, type Rule, wholeFrom } from "../../../checks/rules.ts";
import { NO_TARGET } from "../../../compute/kernels/table.ts";
import { dimensions } from "../../../compute/tensor.ts";
import { GptError } from "../../../errors.ts";
import { greatestOf } from "../../../generate/sampling/candidates.ts";
import { exp } from "../../../generate/sampling/exp.ts";
import { countTargets, type Sequence } from "../../examples.ts";
import type { HeadRows } from "../../step/head-rows.ts";
import { Means } from "../../step/metrics.ts";
import { language, planLanguage } from "../language.ts";
import { HUGGING_FACE, type Measure, type ObjectiveKind } from "../objective.ts";
import { pathRule } from "../preference/pairs.ts";
import { DIVERGENCES, type DivergenceName, logDistribution } from "./divergences.ts";

export interface DistillSettings {
  readonly kind: "distill";
  /** The path or name of the teacher. */
  readonly reference: string;
  /** Distance from the teacher. Default `kl`, from the teacher to the student. */
  readonly loss: DivergenceName;
  /** Divides the logits of both. Default 2. */
  readonly temperature: number;
  /** The teacher's likeliest ids, whose probabilities then add up to 1. With `kl` only. Default 0: all. */
  readonly topK: number;
  /** Share of the distance in the loss; the rest is the cross-entropy. Default 0.5. */
  readonly alpha: number;
}

/** Options of a caller. An undefined one counts as missing. */
export type ChosenDistill = Pick<DistillSettings, "kind"> & {
  readonly teacher: string;
} & { readonly [Name in "loss" | "temperature" | "topK" | "alpha"]?: DistillSettings[Name] | undefined };

const rules: Readonly<Record<"teacher" | "reference" | "loss" | "temperature" | "topK" | "alpha", Rule>> = {
  teacher: pathRule,
  reference: pathRule,
  loss: oneOf(...Object.keys(DIVERGENCES)),
  temperature: number("a number above 0", (value) => value > 0),
  topK: wholeFrom(0),
  alpha: between(0, 1),
};

/** Logits of all rows of a group. */
async function logitsOf(teacher: Measure, group: readonly Sequence[]): Promise<Float32Array[]> {
  const all: Float32Array[] = [];
  await teacher(group, async (rows) => {
    await rows.read((outputs) => void all.push(...rows.rowsOf(outputs)));
    return 0;
  });
  return all;
}

class Distillation {
  readonly #settings: DistillSettings;
  readonly #tokens: number;
  readonly #means = new Means();

  constructor(sequences: readonly Sequence[], settings: DistillSettings) {
    this.#settings = settings;
    this.#tokens = countTargets(sequences);
  }

  get metrics() {
    return this.#means.values;
  }

  /**
   * The loss of rows from `first` on, (rows, vocabulary).
   *
   * @param isLearned whether their gradient replaces the student's logits
   */
  judge(student: Float32Array, width: number, first: number, given: Given, isLearned: boolean): number {
    let loss = 0;
    for (let i = 0; i * width < student.length; i++) {
      const row = student.subarray(i * width, (i + 1) * width);
      const gradient = new Float64Array(width);
      const target = given.targets[first + i] as number;
      if (target !== NO_TARGET)
        loss += this.#row(row, given.teacher[first + i] as Float32Array, target, gradient);
      if (isLearned) row.set(gradient);
    }
    return loss;
  }

  #row(student: Float32Array, teacher: Float32Array, target: number, gradient: Float64Array): number {
    const { loss: name, temperature, topK, alpha } = this.#settings;
    const scale = 1 / this.#tokens;
    const distance = DIVERGENCES[name](student, likeliest(teacher, topK), temperature, (id, slope) => {
      gradient[id] = alpha * scale * slope;
    });
    const own = logDistribution(student, 1);
    for (const [id, logprob] of own.entries()) {
      const slope = exp(logprob) - Number(id === target);
      gradient[id] = (gradient[id] as number) + (1 - alpha) * scale * slope;
    }
    const ce = -(own[target] as number);
    this.#means.add("kd", distance);
    this.#means.add("ce", ce);
    this.#means.add("teacher_ce", -(logDistribution(teacher, 1)[target] as number));
    this.#means.add("agreement", Number(largest(student) === largest(teacher)));
    return scale * (alpha * distance + (1 - alpha) * ce);
  }
}

/** Logits of which all but the `count` greatest are -Infinity. */
function likeliest(logits: Float32Array, count: number): Float32Array {
  if (count === 0 || count >= logits.length) return logits;
  const least = greatestOf(logits, count)[0] as number;
  return logits.map((logit) => (logit >= least ? logit : Number.NEGATIVE_INFINITY));
}

interface Given {
  readonly targets: readonly number[];
  readonly teacher: readonly Float32Array[];
}

function largest(values: Float32Array): number {
  let best = 0;
  for (const [id, value] of values.entries()) if (value > (values[best] as number)) best = id;
  return best;
}

const targetsOf = (group: readonly Sequence[]): number[] => group.flatMap(({ targets }) => targets);

async function measureRows(rows: HeadRows, given: Given, distillation: Distillation): Promise<number> {
  let sum = 0;
  await rows.read((outputs, first) => {
    const [, width] = dimensions(outputs);
    sum += distillation.judge(rows.gradients.view(outputs), width, first, given, false);
  });
  return sum;
}

export const distill: ObjectiveKind<DistillSettings> = {
  resolve(given) {
    const options = given as Partial<Omit<DistillSettings, "kind"> & { readonly teacher: string }>;
    const { teacher, reference = teacher, ...checked } = checkOptions(options, rules);
    if (reference === undefined)
      throw new GptError("usage", "teacher is missing: name the model to learn from");
    const { topK = 0, loss = "kl" } = checked;
    if (topK > 0 && loss !== "kl") {
      throw new GptError(
        "usage",
        `topK: the loss ${loss} needs the teacher's probability of every id: leave it out`,
      );
    }
    return { kind: "distill", temperature: 2, alpha: 0.5, ...checked, loss, topK, reference };
  },

  hasReference: true,

  defaults: () => HUGGING_FACE,

  plan: planLanguage,

  examples: language.examples,

  async objectives({ decoder, sequences, reference, teacher }, settings) {
    await reference([], async () => 0); // it is loaded before the step has the threads for itself
    const distillation = new Distillation(sequences, settings);
    return [
      {
        head: decoder.head,
        dropout: 0,
        scale: 1,
        async differentiate(rows, group) {
          const given = { targets: targetsOf(group), teacher: await logitsOf(teacher, group) };
          let loss = 0;
          await rows.differentiate((outputs, first) => {
            const [, width] = dimensions(outputs);
            loss += distillation.judge(rows.gradients.view(outputs), width, first, given, true);
          });
          return loss;
        },
        metrics: () => distillation.metrics,
      },
    ];
  },

  async evaluate({ measure, reference }, sequences, settings) {
    const distillation = new Distillation(sequences, settings);
    const known = new Map<Sequence, Float32Array[]>();
    await reference(sequences, async (rows, group) => {
      const all: Float32Array[] = [];
      await rows.read((outputs) => void all.push(...rows.rowsOf(outputs)));
      let first = 0;
      for (const sequence of group) {
        known.set(sequence, all.slice(first, first + sequence.inputs.length));
        first += sequence.inputs.length;
      }
      return 0;
    });
    const loss = await measure(sequences, (rows, group) => {
      const teacher = group.flatMap((sequence) => known.get(sequence) ?? []);
      return measureRows(rows, { targets: targetsOf(group), teacher }, distillation);
    });
    return { loss, targets: countTargets(sequences), metrics: distillation.metrics };
  },
};
