/** `gpt eval`: how good a model is. */
import { GptError } from "../../../errors.ts";
import { defineCommand } from "../../command.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { evalConflicts, evalFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    "gpt eval perplexity wiki.test.raw -m path/to/model.gguf -c 512",
    "gpt eval perplexity book.txt -m path/to/model --windows strided --stride 512",
    "gpt eval perplexity pages.txt -m path/to/model --windows rolling --documents",
    "gpt eval perplexity book.txt -m path/to/model --quant q4_0",
  ],
  flags: evalFlags,
  conflicts: evalConflicts,
  async handler(args) {
    if (args.what !== "perplexity") {
      throw new GptError("usage", "what is to be measured? Try gpt eval perplexity TEXT");
    }
    const { perplexity } = await import("./perplexity/perplexity.ts");
    await interruptible((signal) => perplexity(args, signal));
  },
});
