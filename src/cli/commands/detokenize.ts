/** `gpt detokenize`: the text of token ids; where that is no text, their bytes. Loads no weights. */
import { isUtf8 } from "node:buffer";
import { flagGroup, text, value } from "../arguments/flags.ts";
import { parseIds } from "../arguments/ids.ts";
import { modelFlag } from "../arguments/model-flags.ts";
import { defineCommand } from "../command.ts";
import { openTokenizer } from "../open-tokenizer.ts";
import { readInput } from "../terminal/input.ts";
import { Output } from "../terminal/output.ts";

export const command = defineCommand({
  examples: [
    "gpt detokenize 464 3290",
    'gpt tokenize "Hello, world" --ids | gpt detokenize',
    "gpt detokenize [464,3290]",
  ],
  flags: {
    ...flagGroup("Ids:", {
      ids: value(text, "Ids with spaces or commas between them, or as JSON [standard input]"),
    }),
    ...modelFlag,
  },
  async handler(args) {
    const ids = parseIds(await readInput(args.ids, "gpt detokenize 464 3290"));
    const tokenizer = await openTokenizer(args.model);
    const output = new Output();
    const bytes = Buffer.concat(ids.map((id) => tokenizer.bytes(id)));
    await output.write(isUtf8(bytes) ? tokenizer.decode(ids) : bytes);
    if (process.stdout.isTTY) await output.endLine();
  },
});
