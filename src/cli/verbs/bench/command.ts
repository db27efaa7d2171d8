/** `gpt bench`: measures a model, or the kernels that models run on. */

import { defineCommand } from "../../command.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { Output } from "../../terminal/output.ts";
import { benchConflicts, benchFlags } from "./flags.ts";
import { formatted } from "./formats.ts";
import { measureAllKernels } from "./kernel-speed.ts";
import { measureModel } from "./model-speed.ts";

export const command = defineCommand({
  examples: [
    "gpt bench",
    "gpt bench -m path/to/model.gguf -t 1,2,4 -p 128,512 -n 64 -o csv",
    "gpt bench kernels",
    "gpt bench kernels matmul attention --json > before.json",
    "gpt bench kernels matmul attention --baseline before.json --fail-over 10%",
  ],
  flags: benchFlags,
  conflicts: benchConflicts,
  handler: (args) =>
    interruptible(async (signal) => {
      const measure = args.what === "kernels" ? measureAllKernels : measureModel;
      const report = await measure(args, signal);
      await new Output().write(formatted(report, args.output ?? (args.json ? "json" : "md")));
    }),
});
