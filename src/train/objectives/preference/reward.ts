/**
 * Reward models (Ouyang et al. 2022, section 3.5): a head of one output on the state of a text's last token.
 * By Bradley & Terry the chosen completion is preferred with probability sigmoid(r_chosen - r_rejected).
 */

import type { HuggingFaceCheckpoint } from "../../../checkpoint/checkpoint.ts";
import { checkOptions, fromZero } from "../../../checks/rules.ts";
import { dimensions } from "../../../compute/tensor.ts";
import { GptError } from "../../../errors.ts";
import { asRewardModel } from "../../../families/classifier.ts";
import { parseModel } from "../../../families/parse.ts";
import { seesAhead } from "../../../model/attention/masks.ts";
import { type Completion, wholeText } from "../../completions.ts";
import type { PartsReader } from "../../examples.ts";
import type { HeadRows } from "../../step/head-rows.ts";
import { Means } from "../../step/metrics.ts";
import { HUGGING_FACE, type Objective, type ObjectiveKind, type PlannedModel } from "../objective.ts";
import { logSigmoid, sigmoid } from "./pair-losses.ts";
import { type Fields, inPairs, optionalNumber } from "./pairs.ts";

export interface RewardSettings {
  readonly kind: "reward";
  /** Factor of mean((r_chosen + r_rejected)^2), which keeps rewards near 0. Default 0; TRL advises 0.01. */
  readonly centerRewardsCoefficient: number;
}

export interface ChosenReward {
  readonly kind: "reward";
  readonly centerRewardsCoefficient?: number | undefined;
}

/** A text to be scored; the chosen one of a pair knows how much better it is. */
interface Scored extends Completion {
  readonly margin: number;
}

const examples: PartsReader = {
  read(example, limits) {
    const fields = example as Fields;
    const margin = optionalNumber(fields, "margin", limits) ?? 0;
    const scored = (name: string): Scored => ({
      ...wholeText({ prompt: fields.prompt, completion: [name, fields[name]] }, limits),
      margin,
    });
    return [scored("chosen"), scored("rejected")];
  },
};

/** The output at the last row of each sequence. */
async function scoresOf(rows: HeadRows, group: readonly Scored[]): Promise<number[]> {
  const all: number[] = [];
  await rows.read((outputs) => void all.push(...rows.gradients.view(outputs)));
  return lastRows(group).map((row) => all[row] as number);
}

function lastRows(group: readonly Scored[]): number[] {
  let end = 0;
  return group.map(({ inputs }) => {
    end += inputs.length;
    return end - 1;
  });
}

class RewardJudge {
  readonly #pairs: number;
  readonly #coefficient: number;
  readonly #means = new Means();
  #least = Number.POSITIVE_INFINITY;
  #most = Number.NEGATIVE_INFINITY;

  constructor(sequences: readonly Scored[], { centerRewardsCoefficient }: RewardSettings) {
    this.#pairs = sequences.length / 2;
    this.#coefficient = centerRewardsCoefficient;
  }

  /** The loss of a group, and its derivative by each score. */
  judge(group: readonly Scored[], scores: readonly number[]) {
    const slopes: number[] = [];
    let loss = 0;
    for (const [i, [chosen, rejected]] of inPairs(scores).entries()) {
      const { margin } = group[2 * i] as Scored;
      const [difference, sum] = [chosen - rejected - margin, chosen + rejected];
      loss += (this.#coefficient * sum ** 2 - logSigmoid(difference)) / this.#pairs;
      const [push, centre] = [
        sigmoid(-difference) / this.#pairs,
        (2 * this.#coefficient * sum) / this.#pairs,
      ];
      slopes.push(centre - push, centre + push);
      this.#means.add("accuracy", Number(chosen > rejected));
      this.#means.add("margin", chosen - rejected);
      this.#means.add("mean_reward", sum, 2);
      this.#least = Math.min(this.#least, chosen, rejected);
      this.#most = Math.max(this.#most, chosen, rejected);
    }
    return { loss, slopes };
  }

  metrics() {
    return { ...this.#means.values, min_reward: this.#least, max_reward: this.#most };
  }
}

export const reward: ObjectiveKind<RewardSettings> = {
  resolve: (given) => ({
    ...{ kind: "reward", centerRewardsCoefficient: 0 },
    ...checkOptions(given, { centerRewardsCoefficient: fromZero }),
  }),

  defaults: () => ({ ...HUGGING_FACE, lr: 1e-4 }),

  async plan(found: HuggingFaceCheckpoint): Promise<PlannedModel> {
    const model = await asRewardModel(found);
    const description = await parseModel(model.checkpoint, "classes");
    if (!seesAhead(description.config) && description.config.encoder === undefined) {
      return { ...model, description };
    }
    throw new GptError("usage", `${found.path}: is an encoder: a reward model is made of a decoder`);
  },

  examples,

  objectives({ decoder, sequences }, settings) {
    const judge = new RewardJudge(sequences as readonly Scored[], settings);
    const objective: Objective = {
      head: decoder.head,
      dropout: 0,
      scale: 1,
      async differentiate(rows, sequences) {
        const group = sequences as readonly Scored[];
        const { loss, slopes } = judge.judge(group, await scoresOf(rows, group));
        const slopeOf = new Map(lastRows(group).map((row, i) => [row, slopes[i] as number]));
        await rows.differentiate((outputs, first) => {
          const count = dimensions(outputs)[0];
          const gradient = Float32Array.from({ length: count }, (_, row) => slopeOf.get(first + row) ?? 0);
          rows.gradients.view(outputs).set(gradient);
        });
        return loss;
      },
      metrics: () => judge.metrics(),
    };
    return [objective];
  },

  async evaluate({ measure }, sequences, settings) {
    const own = sequences as readonly Scored[];
    const judge = new RewardJudge(own, settings);
    const loss = await measure(own, async (rows, group) => {
      return judge.judge(group, await scoresOf(rows, group)).loss;
    });
    return { loss, targets: own.length / 2, metrics: judge.metrics() };
  },
};
