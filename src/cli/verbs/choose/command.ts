/** `gpt choose`: a model in an `if`. */
import { defineCommand } from "../../command.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { chooseConflicts, chooseFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    'gpt choose "The sun is" --choices hot,cold',
    'if gpt choose "Is this mail spam? Answer:" --choices yes,no --exit-code -q; then echo spam; fi',
    'cat mail.txt | gpt choose -m path/to/model --choices " yes, no" --json',
  ],
  flags: chooseFlags,
  conflicts: chooseConflicts,
  handler: (args) => interruptible(async (signal) => (await import("./choose.ts")).choose(args, signal)),
});
