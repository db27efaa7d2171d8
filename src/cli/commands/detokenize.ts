/** `gpt detokenize`: the text of token ids; where that is no text, their bytes. Loads no weights. */
import { isUtf8 } from "node:buffer";
import { defineCommand } from "../command.ts";
import { flagGroup, text, value } from "../flags.ts";
import { parseIds } from "../ids.ts";
import { readInput } from "../input.ts";
import { modelFlag } from "../model-flags.ts";
import { openTokenizer } from "../open-tokenizer.ts";
import { Output } from "../output.ts";

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
