/** `gpt gather`: joins the files of --shard. */
import { joinTokens } from "../../../data/index.ts";
import { joinClasses } from "../../../evaluate/join-classes.ts";
import { joinRewards } from "../../../evaluate/join-rewards.ts";
import { refuseOverwriting } from "../../../files/output-file.ts";
import { gather } from "../../../shards/gather.ts";
import { defineCommand } from "../../command.ts";
import { flagGroup, list, path } from "../../flags/flags.ts";
import { outputFlag, quietFlag } from "../../flags/output-flags.ts";
import { openDestination } from "../../terminal/destination.ts";
import { bytes, counted } from "../../terminal/format.ts";
import { interruptible } from "../../terminal/interrupt.ts";

export const command = defineCommand({
  examples: [
    "gpt gather answers-*.jsonl -o answers.jsonl",
    "gpt generate --jsonl -f prompts.jsonl --shard 2/4 -o answers-2.jsonl",
  ],
  flags: {
    ...flagGroup("Input:", {
      part: list(path, "Files that --shard wrote, in any order", { inherited: false }),
    }),
    ...flagGroup("Output:", {
      output: {
        ...outputFlag("The file of the whole, byte for byte as one process writes it [standard output: -]"),
        inherited: false,
      },
      quiet: quietFlag("No summary"),
    }),
  },
  async handler({ part: paths = [], output: target, quiet }) {
    await interruptible(async (signal) => {
      const own = { classes: joinClasses, rewards: joinRewards, tokens: joinTokens };
      const whole = await gather(paths, own);
      if (target !== undefined) await refuseOverwriting(target, paths);
      await using destination = await openDestination(target);
      let size = 0;
      for await (const chunk of whole) {
        signal.throwIfAborted();
        await destination.output.writeStyled(chunk);
        size += chunk.length;
      }
      await destination.keep();
      if (quiet || destination.isStandardOutput) return;
      process.stderr.write(`${target}: ${bytes(size)} of ${counted(paths.length, "part")}\n`);
    });
  },
});
