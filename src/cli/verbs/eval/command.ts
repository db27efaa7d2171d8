/** `gpt eval`: how good a model is. */
import { defineCommand } from "../../command.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { evalConflicts, evalFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    "gpt eval perplexity wiki.test.raw -m path/to/model.gguf -c 512",
    "gpt eval perplexity book.txt -m path/to/model --windows strided --stride 512",
    "gpt eval perplexity pages.txt -m path/to/model --windows rolling --documents",
    "gpt eval perplexity book.txt -m path/to/model --quant q4_0",
    "gpt eval hellaswag piqa -m path/to/model --data path/to/sets --limit 200",
    "gpt eval mmlu -m path/to/model --data path/to/sets --shots 5 -o results.json",
    "gpt eval compare first.json second.json",
    "gpt eval show arc_easy -m path/to/model --data path/to/sets --doc 3",
  ],
  flags: evalFlags,
  conflicts: evalConflicts,
  async handler(args) {
    if (args.what === "perplexity") {
      const { perplexity } = await import("./perplexity/perplexity.ts");
      return await interruptible((signal) => perplexity(args, signal));
    }
    if (args.what === "compare") return await (await import("./compare/compare.ts")).compareLogs(args);
    if (args.what === "list") return await (await import("./tasks/show.ts")).listTasks(args);
    if (args.what === "show") {
      const { showTask } = await import("./tasks/show.ts");
      return await interruptible((signal) => showTask(args, signal));
    }
    const { runTasks } = await import("./tasks/run-tasks.ts");
    await interruptible((signal) => runTasks(args, signal));
  },
});
