/** Flags that name sources of rewards. */

import { list, text, value } from "./flags/flags.ts";
import { duration } from "./flags/values/duration.ts";

export const rewardSourceFlags = {
  reward: list(
    text,
    "A source of rewards, [WEIGHT*]NAME[:ARGUMENT]: model:MODEL, length:WORDS, words:A,B, contains:TEXT, regex:PATTERN, json, equals:FIELD, command:COMMAND; several are added up",
  ),
  "reward-command": value(
    text,
    "A program: it gets a line of JSON for each answer, writes a line with a number for each, and keeps running",
  ),
  "reward-timeout": value(duration, "What the program may take for the answers of a step, such as 30s [60s]"),
};

interface RewardSourceArguments {
  readonly reward?: readonly string[] | undefined;
  readonly rewardCommand?: string | undefined;
}

/** The sources as the table of rewards names them. */
export const rewardSpecs = ({ reward = [], rewardCommand }: RewardSourceArguments): readonly string[] => [
  ...reward,
  ...(rewardCommand === undefined ? [] : [`command:${rewardCommand}`]),
];
