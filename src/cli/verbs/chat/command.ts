/** `gpt chat`: a conversation with a model that was trained to have one. */
import { defineCommand } from "../../command.ts";
import { constraintConflicts } from "../../flags/grammar/flags.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { chatFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    "gpt chat -m path/to/model.gguf",
    'gpt chat -m path/to/model --system "You answer in one sentence." --temp 0.7',
    'echo "What is a fox?" | gpt chat -m path/to/model -q',
    "gpt chat -m path/to/model --continue talk.jsonl",
  ],
  flags: chatFlags,
  conflicts: constraintConflicts,
  async handler(args) {
    if (args.pull) await (await import("../pull/fetch-model.ts")).fetchMissing(args.model, args.quiet);
    await interruptible(async (signal) => (await import("./open-chat.ts")).openChat(args, signal));
  },
});
