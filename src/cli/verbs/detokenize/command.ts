/** `gpt detokenize`: the text of token ids; where that is no text, their bytes. Loads no weights. */
import { isUtf8 } from "node:buffer";
import { openTokenizer } from "../../../library/open-tokenizer.ts";
import { defineCommand } from "../../command.ts";
import { flagGroup, text, toggle, value } from "../../flags/flags.ts";
import { inputConflicts, inputFlags } from "../../flags/input-flags.ts";
import { modelFlag } from "../../flags/model-flags.ts";
import { parseIds } from "../../flags/values/ids.ts";
import { readInput } from "../../terminal/input.ts";
import { Output } from "../../terminal/output.ts";
import { perToken } from "../../terminal/pieces.ts";

export const command = defineCommand({
  examples: [
    "gpt detokenize 464 3290",
    'gpt tokenize "Hello, world" --ids | gpt detokenize',
    "gpt detokenize [464,3290]",
  ],
  flags: {
    ...flagGroup("Input:", {
      ids: value(text, "Ids with spaces or commas between them, or as JSON [standard input]", {
        inherited: false,
        dash: "file",
      }),
    }),
    ...inputFlags,
    ...modelFlag,
    ...flagGroup("Output:", {
      json: toggle("One line of JSON: ids and text, which is a list of bytes where it is no whole text"),
    }),
  },
  conflicts: (args) => inputConflicts(args),
  async handler(args) {
    const ids = parseIds(await readInput(args.ids, "gpt detokenize 464 3290", args));
    const tokenizer = await openTokenizer(args.model);
    const bytes = Buffer.concat(perToken(ids, (id) => tokenizer.bytes(id)));
    const decoded = isUtf8(bytes) ? tokenizer.decode(ids) : bytes;
    const output = new Output();
    if (args.json) {
      await output.writeJson({ ids, text: typeof decoded === "string" ? decoded : [...decoded] });
    } else {
      await output.write(decoded);
      if (process.stdout.isTTY) await output.endLine();
    }
  },
});
