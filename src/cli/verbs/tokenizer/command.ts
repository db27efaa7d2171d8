/** `gpt tokenizer`: trains a tokenizer, or shows how well one suits texts. */
import { type DataSource, findSources } from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import { defineCommand } from "../../command.ts";
import { isConnected } from "../../terminal/input.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { tokenizerConflicts, tokenizerFlags } from "./flags.ts";
import { showStatistics } from "./stats.ts";
import { train } from "./train.ts";

export const command = defineCommand({
  examples: [
    "gpt tokenizer train stories.txt -o my-tokenizer --vocab-size 4096",
    "gpt tokenizer train 'data/**/*.jsonl' -o my-tokenizer --special '<|im_start|>' --special '<|im_end|>'",
    "gpt tokenizer stats other.txt -m my-tokenizer",
  ],
  flags: tokenizerFlags,
  conflicts: tokenizerConflicts,
  async handler(args) {
    const { action } = args;
    if (action === undefined) throw new GptError("usage", "gpt tokenizer train, or gpt tokenizer stats?");
    const sources = await findInput(args.files, action);
    await interruptible((signal) =>
      action === "train" ? train(sources, args, signal) : showStatistics(sources, args, signal),
    );
  },
});

/** Without a file it is standard input. */
async function findInput(files: readonly string[] | undefined, action: string): Promise<DataSource[]> {
  if (files !== undefined) return findSources(files);
  if (isConnected(0)) return findSources(["-"]);
  throw new GptError("usage", `no text is given: try gpt tokenizer ${action} stories.txt, or pipe it in`);
}
