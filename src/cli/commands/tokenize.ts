/** `gpt tokenize`: the tokens of a text. Loads no weights. */
import { isUtf8 } from "node:buffer";
import { flagGroup, text, toggle, value } from "../arguments/flags.ts";
import { formatIds } from "../arguments/ids.ts";
import { modelFlag } from "../arguments/model-flags.ts";
import { defineCommand } from "../command.ts";
import { openTokenizer } from "../open-tokenizer.ts";
import { readInput } from "../terminal/input.ts";
import { Output } from "../terminal/output.ts";

export const command = defineCommand({
  examples: [
    'gpt tokenize "Hello, world"',
    'gpt tokenize "Hello, world" --ids | gpt detokenize',
    "gpt tokenize -m path/to/model.gguf --json < story.txt",
  ],
  flags: {
    ...flagGroup("Text:", {
      text: value(text, "The text [standard input, less one line feed at its end]", { alias: "p" }),
    }),
    ...modelFlag,
    ...flagGroup("Output:", {
      ids: toggle("Ids, as gpt detokenize reads them"),
      json: toggle("One line of JSON: ids and pieces; a piece that is no whole text is a list of bytes"),
    }),
  },
  async handler(args) {
    const input = await readInput(args.text, 'gpt tokenize "Hello, world"');
    const tokenizer = await openTokenizer(args.model);
    const ids = tokenizer.encode(input);
    const output = new Output();
    if (args.ids && !args.json) return await output.write(`${formatIds(ids)}\n`);

    const pieces = ids.map((id) => tokenizer.bytes(id));
    if (args.json)
      await output.writeJson({ ids, pieces: pieces.map((bytes) => textOf(bytes) ?? [...bytes]) });
    else await output.write(`${pieces.map(visible).join("|")}\n`);
  },
});

/** The text that these bytes are; undefined for part of a character. */
const textOf = (bytes: Uint8Array): string | undefined =>
  isUtf8(bytes) ? Buffer.from(bytes).toString() : undefined;

/** A piece on one line: `\n` for a line feed, `\xf0\x9f` for part of a character. */
function visible(bytes: Uint8Array): string {
  const hex = (char: string) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  const text =
    textOf(bytes) ??
    Buffer.from(bytes)
      .toString("latin1")
      .replace(/[\x80-\xff]/g, hex);
  return text.replace(/[\0-\x1f\x7f-\x9f]/g, (char) => JSON.stringify(char).slice(1, -1));
}
