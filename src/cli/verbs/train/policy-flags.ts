/** Flags of tasks in which a policy learns from its own answers: PPO and GRPO. */
import { between, fromZero, number as rule } from "../../../checks/rules.ts";
import { flagGroup, integer, numberBy, oneOf, path, value } from "../../flags/flags.ts";
import { rewardSourceFlags } from "../../reward-sources.ts";

const positive = numberBy(rule("a number above 0", (value) => value > 0));
const price = numberBy(fromZero);
const share = numberBy(between(0, 1));

export const policyFlags = flagGroup("Policies (--task ppo, grpo):", {
  ...rewardSourceFlags,
  rollouts: value(
    path,
    "Answers that were drawn elsewhere: what gpt generate --jsonl --logprobs 0 writes of the prompts",
  ),
  generations: value(integer(2), "Of grpo: answers to a prompt; --batch counts prompts [8]", {
    synonyms: ["num-generations"],
  }),
  "response-tokens": value(integer(1), "The longest answer [64]", {
    synonyms: ["max-completion-length", "response-length"],
  }),
  temp: value(
    positive,
    "Temperature that answers are drawn at, without top-k and top-p [1]; of distill, of both models [2]",
    {
      synonyms: ["temperature"],
    },
  ),
  "missing-eos-penalty": value(price, "Taken from the reward of an answer that does not end by itself [0]"),
  updates: value(integer(1), "How often the answers of a step are learned from [4 of ppo, 1 of grpo]", {
    synonyms: ["num-ppo-epochs", "ppo-epochs", "num-iterations"],
  }),
  "mini-batch": value(integer(1), "Of ppo: answers of an update [all of a step]", {
    synonyms: ["mini-batch-size"],
  }),
  "clip-range": value(price, "How far an update may change the ratio of probabilities [0.2]", {
    synonyms: ["cliprange", "epsilon"],
  }),
  "clip-range-high": value(price, "Of grpo: the same upwards; of --loss cispo, the cap [--clip-range]", {
    synonyms: ["epsilon-high"],
  }),
  "scale-rewards": value(
    oneOf("group", "batch", "none"),
    "Of grpo: the deviation that advantages are divided by [group]",
  ),
  "ratio-level": value(
    oneOf("token", "sequence"),
    "Of grpo: a ratio for each token, or for each answer [token]",
    {
      synonyms: ["importance-sampling-level"],
    },
  ),
  "kl-coef": value(price, "Of ppo: price of the distance from the reference, for each nat [0.05]"),
  "kl-estimator": value(oneOf("k1", "k3"), "Of ppo: log p - log p_ref, or one that is never negative [k1]"),
  "kl-target": value(
    positive,
    "Of ppo: change the price so that the KL of an answer becomes this [it is fixed]",
  ),
  "kl-horizon": value(positive, "Answers in which that price changes by a fifth at most [10000]"),
  "kl-bound": value(positive, "The best model is at most so far from the reference, in nats an answer [any]"),
  "kl-ceiling": value(positive, "End with an error where a step is further from the reference [none]"),
  "vf-coef": value(price, "Of ppo: what the loss of the value function counts [0.1]"),
  gamma: value(share, "Of ppo: discount of later rewards [1]"),
  lam: value(share, "Of ppo: lambda of generalised advantage estimation [0.95]"),
});
