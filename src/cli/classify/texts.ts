/** The texts that `gpt classify` is given: arguments, a whole input, or the lines of one. */
import { jsonRecord, labelOf } from "../../data/index.ts";
import type { JsonValue } from "../../files/json.ts";
import { lineText } from "../../files/lines.ts";
import { openInput } from "../batch/input.ts";
import { readInput } from "../terminal/input.ts";
import type { ClassifyArguments } from "./flags.ts";

export interface GivenText {
  readonly text: string;
  /** Of a line of JSON, given back with its answer. */
  readonly id?: JsonValue | undefined;
  /** The class that the text is said to have. */
  readonly label?: string | undefined;
}

/**
 * Yields the texts in their order.
 * @throws GptError `usage` where there is none, `not-found` for a file that cannot be read, `invalid-file` for what is not
 *   UTF-8 and, with its number, for a line that holds no text
 */
export async function* givenTexts(
  args: ClassifyArguments,
  signal: AbortSignal,
): AsyncGenerator<GivenText, void, void> {
  const { text: texts = [], lines, jsonl, file } = args;
  if (texts.length > 0) yield* texts.map((text) => ({ text }));
  else if (!lines && !jsonl) {
    yield { text: await readInput(undefined, 'gpt classify -m path/to/classifier "A text"', args, signal) };
  } else {
    await using input = await openInput(args);
    await input.ready(signal);
    const name = file === undefined || file === "-" ? "standard input" : file;
    let number = 0;
    for await (const line of input.lines(signal)) {
      number++;
      if (!jsonl) yield { text: lineText(line, `${name}:${number}`) };
      const record = jsonl ? jsonRecord(line, name, number) : undefined;
      if (record) yield { text: record.string("text"), id: record.get("id"), label: labelOf(record) };
    }
  }
}
