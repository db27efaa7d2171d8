/** `gpt train`: trains a new model, or an existing one further. */
import { defineCommand } from "../../command.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { Output } from "../../terminal/output.ts";
import { trainConflicts } from "./conflicts.ts";
import { trainFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    "gpt train stories.txt -o my-model --minutes 30",
    "gpt train 'data/**/*.jsonl' -o my-model --preset mini --epochs 2",
    "gpt train --resume my-model",
    "gpt train poems.txt -o my-poet --init my-model --epochs 3",
    "gpt train --presets --family llama",
  ],
  flags: trainFlags,
  conflicts: trainConflicts,
  async handler(args) {
    if (args.presets) {
      const { presetTable } = await import("./preset-table.ts");
      return await new Output().write(presetTable(args.family ?? "gpt2"));
    }
    const { train } = await import("./train.ts");
    await interruptible((signal) => train(args, signal));
  },
});
