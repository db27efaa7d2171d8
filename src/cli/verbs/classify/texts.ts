/** Texts for `gpt classify`: arguments, a whole input, or its lines. */
import { jsonRecord, labelOf } from "../../../data/index.ts";
import type { JsonValue } from "../../../files/json.ts";
import { type Line, lineText } from "../../../files/lines.ts";
import { readInput } from "../../terminal/input.ts";
import { openInput } from "../generate/batch/input.ts";
import type { ClassifyArguments } from "./flags.ts";

export interface GivenText {
  /** Id of a line of JSON, which its answer repeats. */
  readonly id?: JsonValue | undefined;
  /** @throws GptError `invalid-file` for a line without a text, with its number */
  read(): { readonly text: string; readonly label?: string | undefined };
}

/**
 * Yields the texts in their order.
 * @throws GptError `usage` without a text, `not-found` for a file that cannot be read
 */
export async function* givenTexts(
  args: ClassifyArguments,
  signal: AbortSignal,
): AsyncGenerator<GivenText, void, void> {
  const { text: texts = [], lines, jsonl, file } = args;
  if (texts.length > 0) yield* texts.map((text) => ({ read: () => ({ text }) }));
  else if (!lines && !jsonl) {
    const text = await readInput(undefined, 'gpt classify -m path/to/classifier "A text"', args, signal);
    yield { read: () => ({ text }) };
  } else {
    await using input = await openInput(args);
    await input.ready(signal);
    const name = file === undefined || file === "-" ? "standard input" : file;
    let number = 0;
    for await (const line of input.lines(signal)) {
      number++;
      const given = jsonl ? givenRecord(line, name, number) : givenLine(line, `${name}:${number}`);
      if (given !== undefined) yield given;
    }
  }
}

const givenLine = (line: Line, place: string): GivenText => ({
  read: () => ({ text: lineText(line, place) }),
});

/** Undefined for a blank line. */
function givenRecord(line: Line, name: string, number: number): GivenText | undefined {
  try {
    const record = jsonRecord(line, name, number);
    if (record === undefined) return undefined;
    return { id: record.get("id"), read: () => ({ text: record.string("text"), label: labelOf(record) }) };
  } catch (error) {
    return {
      read() {
        throw error;
      },
    };
  }
}
