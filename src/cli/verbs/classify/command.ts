/** `gpt classify`: names the classes of texts. */

import { defineCommand } from "../../command.ts";
import { drainable } from "../../terminal/interrupt.ts";
import { classifyConflicts, classifyFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    'gpt classify -m my-classifier "a charming journey"',
    "gpt classify -m my-classifier --lines < reviews.txt",
    "gpt classify -m my-classifier --jsonl -f test.jsonl --json",
    "gpt train reviews.jsonl --task classify --init my-model -o my-classifier",
  ],
  flags: classifyFlags,
  conflicts: classifyConflicts,
  async handler(args) {
    const { classify } = await import("./classify.ts");
    await drainable((signal, warned) => classify(args, signal, warned));
  },
});
