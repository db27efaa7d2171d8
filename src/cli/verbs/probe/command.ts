/** `gpt probe`: what a model prefers where it should not. */
import { defineCommand } from "../../command.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { probeFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    "gpt probe swap pairs.jsonl -m path/to/model",
    "gpt probe swap pairs.csv -m path/to/model --json",
    "gpt probe words insults.txt --prompts prompts.jsonl -m path/to/model --samples 25",
  ],
  flags: probeFlags,
  async handler(args) {
    const { probe } = await import("./probe.ts");
    await interruptible((signal) => probe(args, signal));
  },
});
