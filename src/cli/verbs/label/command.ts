/** `gpt label`: a person says which of two answers is better. */
import { defineCommand } from "../../command.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { labelFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    "gpt label answers.jsonl -o labels.jsonl",
    "gpt label answers.jsonl -o labels.jsonl --rater anna --seed 2",
    "gpt label --summary labels.jsonl more-labels.jsonl",
    "gpt train labels.jsonl --task dpo --init stories -o kinder",
  ],
  flags: labelFlags,
  async handler(args) {
    const { label } = await import("./label.ts");
    await interruptible((signal) => label(args, signal));
  },
});
