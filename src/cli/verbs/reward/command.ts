/** `gpt reward`: says how much people would prefer texts, by a reward model or by rules. */
import { defineCommand } from "../../command.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { rewardConflicts, rewardFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    'gpt reward -m my-judge "Once upon a time there was a happy end."',
    "gpt reward -m my-judge --jsonl -f pairs.jsonl --by source",
    "gpt reward --reward words:happy,smiled --reward 0.2*length:40 --lines < stories.txt",
    "gpt train pairs.jsonl --task reward --init stories -o my-judge",
  ],
  flags: rewardFlags,
  conflicts: rewardConflicts,
  async handler(args) {
    const { reward } = await import("./reward.ts");
    await interruptible((signal) => reward(args, signal));
  },
});
