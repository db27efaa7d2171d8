/** `gpt tokenize`: the tokens of a text. Loads no weights. */
import { textOf } from "../../../files/utf8.ts";
import { explanationRecord } from "../../../library/explanation.ts";
import { openTokenizer } from "../../../library/open-tokenizer.ts";
import type { PipelineTokenizer } from "../../../tokenizer/index.ts";
import { defineCommand } from "../../command.ts";
import type { Conflict } from "../../flags/conflicts.ts";
import { flagGroup, path, text, toggle, value } from "../../flags/flags.ts";
import { inputConflicts, inputFlags } from "../../flags/input-flags.ts";
import { modelFlag } from "../../flags/model-flags.ts";
import { colorFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { formatIds } from "../../flags/values/ids.ts";
import { readInput } from "../../terminal/input.ts";
import { Output } from "../../terminal/output.ts";
import { coloredPieces, perToken, pieceTable, visible } from "../../terminal/pieces.ts";
import { styleFor } from "../../terminal/style.ts";
import { explainText } from "./explain.ts";

const flags = {
  ...flagGroup("Input:", {
    text: value(text, "The text [standard input, less one line feed at its end]", {
      alias: "p",
      inherited: false,
      dash: "file",
    }),
  }),
  ...inputFlags,
  ...flagGroup("Input:", {
    file: value(path, "Read a whole file, to its last byte, instead of standard input (-)", {
      alias: "f",
      inherited: false,
    }),
    "parse-special": toggle("<|endoftext|> and the like count as control tokens"),
  }),
  ...modelFlag,
  ...flagGroup("Output:", {
    ids: toggle("Ids, as gpt detokenize reads them"),
    count: toggle("How many tokens there are"),
    pieces: toggle("A line for each token: its id, how many bytes it stands for, and these"),
    explain: toggle("How the text became tokens: normalization, pieces, and the merges step by step"),
    json: toggle("One line of JSON, of any of these; a piece that is no whole text is a list of bytes"),
  }),
  ...colorFlag,
};

export const command = defineCommand({
  examples: [
    'gpt tokenize "Hello, world"',
    'gpt tokenize "Hello, world" --ids | gpt detokenize',
    'gpt tokenize "Hello, world" --explain',
    "gpt tokenize -m path/to/model.gguf --count < story.txt",
  ],
  flags,
  conflicts: (args) => [...inputConflicts(args), viewConflict(args)],
  async handler(args) {
    const [view = "text"] = viewsOf(args);
    const source = { ...args, wholeFile: true };
    const input = await readInput(args.text, 'gpt tokenize "Hello, world"', source);
    const tokenizer = await openTokenizer(args.model);
    await show(input, tokenizer, view, args);
  },
});

const views = ["ids", "count", "pieces", "explain"] as const;
type View = (typeof views)[number] | "text";

const viewsOf = (args: ParsedFlags<typeof flags>) => views.filter((name) => args[name]);

function viewConflict(args: ParsedFlags<typeof flags>): Conflict {
  const [first, second] = viewsOf(args);
  const problem = `--${first} and --${second} are two answers: choose one`;
  return { holds: second !== undefined, flags: viewsOf(args), problem };
}

async function show(
  input: string,
  tokenizer: PipelineTokenizer,
  view: View,
  { parseSpecial = false, json, color }: ParsedFlags<typeof flags>,
): Promise<void> {
  const output = new Output();
  const style = styleFor(process.stdout, color);
  if (view === "explain") {
    const explanation = tokenizer.explain(input, { parseSpecial });
    return json
      ? await output.writeJson(explanationRecord(input, explanation, tokenizer))
      : await output.writeStyled(explainText(input, explanation, tokenizer, style));
  }
  const ids = tokenizer.encode(input, { parseSpecial });
  if (view === "count") {
    return json ? await output.writeJson({ count: ids.length }) : await output.write(`${ids.length}\n`);
  }
  const bytesOf = (id: number) => tokenizer.bytes(id);
  if (json) {
    const piece = (bytes: Uint8Array) => textOf(bytes) ?? [...bytes];
    await output.writeJson({ ids, pieces: perToken(ids, (id) => piece(bytesOf(id))) });
  } else if (view === "ids") {
    await output.write(`${formatIds(ids)}\n`);
  } else if (view === "pieces") {
    await output.write(pieceTable(ids, bytesOf));
  } else if (style.enabled) {
    const columns = process.stdout.columns || Number.POSITIVE_INFINITY;
    await output.writeStyled(coloredPieces(perToken(ids, bytesOf), style, columns));
    await output.endLine();
  } else {
    await output.write(`${perToken(ids, (id) => visible(bytesOf(id))).join("|")}\n`);
  }
}
