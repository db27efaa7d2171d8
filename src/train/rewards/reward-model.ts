/** Rewards of a model that was trained to tell what people prefer. */
import { findModel } from "../../hub/find-model.ts";
import { loadRewardModel } from "../../library/load-model.ts";
import type { Answer, RewardSource } from "./reward.ts";

/** Answers that the model reads at a time. */
const AT_A_TIME = 16;

export const rewardModel: RewardSource = {
  argument: "MODEL",
  describe: "what a reward model gives: gpt train --task reward makes one",
  async open(argument, { engine }) {
    const model = await loadRewardModel(findModel(argument === "" ? undefined : argument), engine);
    return {
      async score(answers, signal) {
        const all: number[] = [];
        const of = ({ completion, prompt }: Answer) => model.score(completion, { prompt, signal });
        for (let first = 0; first < answers.length; first += AT_A_TIME) {
          const group = await Promise.allSettled(answers.slice(first, first + AT_A_TIME).map(of));
          for (const result of group) {
            if (result.status === "rejected") throw result.reason;
            all.push(result.value);
          }
        }
        return all;
      },
      close: () => model.close(),
    };
  },
};
