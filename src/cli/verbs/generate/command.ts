/** `gpt generate`: continues a text, a batch of texts, or a text that a person types turn by turn. */

import { defineCommand } from "../../command.ts";
import { drainable, interruptible } from "../../terminal/interrupt.ts";
import { isBatch } from "./batch/flags.ts";
import { generateConflicts } from "./conflicts.ts";
import { type GenerateArguments, generateFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    'gpt generate "Once upon a time"',
    'gpt generate "Once upon a time" -n 200 --temp 0.7 --seed 1 -v',
    'cat story.txt | gpt generate "{stdin} The moral is:" --stop .',
    "gpt generate -f story.txt --samples 3 --json -o stories.jsonl",
    "gpt generate -m path/to/model.gguf --ids 1,403,407 --beams 4",
    "gpt generate --jsonl -f prompts.jsonl -o answers.jsonl",
  ],
  flags: generateFlags,
  conflicts: generateConflicts,
  handler: (args) => handle(args),
});

/** Each mode is loaded when it is used. */
async function handle(args: GenerateArguments): Promise<void> {
  if (args.pull) await (await import("../pull/fetch-model.ts")).fetchMissing(args.model, args.quiet);
  if (isBatch(args)) {
    const { runBatch } = await import("./batch/batch.ts");
    return await drainable((signal, warned) => runBatch(args, signal, warned));
  }
  const mode = args.interactive
    ? (await import("./open-conversation.ts")).openConversation
    : (await import("./continue-prompt.ts")).continuePrompt;
  await interruptible((signal) => mode(args, signal));
}
