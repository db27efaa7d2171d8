/** `gpt score`: scores texts against right ones. */
import { defineCommand } from "../../command.ts";
import { scoreConflicts, scoreFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    "gpt score bleu translations.txt references.txt",
    "gpt score chrf++ - references.txt more-references.txt < translations.txt",
    "gpt score rouge summaries.txt references.txt --stem --json",
    "gpt score ter old.txt references.txt --system new.txt --bootstrap 1000",
  ],
  flags: scoreFlags,
  conflicts: scoreConflicts,
  async handler(args) {
    const { score } = await import("./score.ts");
    await score(args);
  },
});
