/** `gpt embed`: vectors of texts, their cosines, and the lines of a file that are nearest to a text. */

import { defineCommand } from "../../command.ts";
import { drainable } from "../../terminal/interrupt.ts";
import { embedConflicts, embedFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    'gpt embed -m path/to/minilm "A text" "Another text" --json',
    'gpt embed -m path/to/minilm --similarity "A text" "Another text" "A third"',
    'gpt embed -m path/to/minilm --search "where is the key" -f notes.txt --top 5',
    "gpt embed -m path/to/minilm --lines --npy vectors.npy < texts.txt",
  ],
  flags: embedFlags,
  conflicts: (args) => embedConflicts(args),
  async handler(args) {
    const { embed } = await import("./embed.ts");
    await drainable((signal, warned) => embed(args, signal, warned));
  },
});
