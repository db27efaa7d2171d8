/** `gpt fill-mask`: the likeliest tokens for the masks of a text. */

import { defineCommand } from "../../command.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { textConflicts } from "../../texts.ts";
import { fillMaskFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    'gpt fill-mask -m path/to/bert "The capital of France is [MASK]."',
    'gpt fill-mask -m path/to/roberta "The capital of France is <mask>." --top 3',
    "gpt fill-mask -m path/to/bert --lines < texts.txt --json",
  ],
  flags: fillMaskFlags,
  conflicts: (args) => textConflicts(args),
  async handler(args) {
    const { fillMask } = await import("./fill-mask.ts");
    await interruptible((signal) => fillMask(args, signal));
  },
});
