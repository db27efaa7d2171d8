/** `gpt prompt`: prompts with names, or in files: listed, shown, and run with a model. */
import { GptError } from "../../../errors.ts";
import { knownTemplates } from "../../../text/prompts/known.ts";
import { defineCommand } from "../../command.ts";
import { Output } from "../../terminal/output.ts";
import { table } from "../../terminal/table.ts";
import { promptConflicts, promptFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    "gpt prompt list",
    "gpt prompt show sentiment > my-sentiment.json",
    'gpt prompt run sentiment "A lovely day" -m path/to/model.gguf',
    "gpt prompt run my-sentiment.json -f review.txt -m path/to/model.gguf --temp 0",
  ],
  flags: promptFlags,
  conflicts: promptConflicts,
  async handler(args) {
    const { action, name } = args;
    if (action === "list") return await list();
    if (action === undefined || name === undefined) {
      throw new GptError("usage", "try gpt prompt list, gpt prompt show NAME or gpt prompt run NAME TEXT");
    }
    const { runTemplate, showTemplate } = await import("./run.ts");
    await (action === "show" ? showTemplate(name) : runTemplate(name, args));
  },
});

const list = (): Promise<void> =>
  new Output().write(
    table(
      Object.entries(knownTemplates).map(([name, { describe, shots }]) => [
        name,
        `${shots.length} examples`,
        describe,
      ]),
      [0, 1, 2],
    ),
  );
