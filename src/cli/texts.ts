/** Texts for verbs that read: arguments, a whole input, or its lines. */
import { jsonRecord, labelOf } from "../data/index.ts";
import type { JsonValue } from "../files/json.ts";
import { type Line, lineText } from "../files/lines.ts";
import type { Conflict } from "./flags/conflicts.ts";
import { inputConflicts } from "./flags/input-flags.ts";
import { readInput, type Source } from "./terminal/input.ts";
import { openInput } from "./terminal/line-input.ts";

/** Flags that say where the texts are. */
export interface TextSource extends Source {
  readonly text?: readonly string[] | undefined;
  readonly lines?: boolean | undefined;
  readonly jsonl?: boolean | undefined;
}

export interface GivenText {
  /** Id of a line of JSON, which its answer repeats. */
  readonly id?: JsonValue | undefined;
  /** @throws GptError `invalid-file` for a line without a text, with its number */
  read(): {
    readonly text: string;
    /** The second text of a pair: `text_pair` of a line of JSON. */
    readonly pair?: string | undefined;
    readonly label?: string | undefined;
  };
}

/**
 * Yields the texts in their order.
 * @param example a command line with a text
 * @throws GptError `usage` without a text, `not-found` for a file that cannot be read
 */
export async function* givenTexts(
  args: TextSource,
  example: string,
  signal: AbortSignal,
): AsyncGenerator<GivenText, void, void> {
  const { text: texts = [], lines, jsonl, file } = args;
  if (texts.length > 0) yield* texts.map((text) => ({ read: () => ({ text }) }));
  else if (!lines && !jsonl) {
    const text = await readInput(undefined, example, args, signal);
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

export function textConflicts(args: TextSource & Parameters<typeof inputConflicts>[0]): readonly Conflict[] {
  const { text, file, lines, jsonl } = args;
  const format = lines ? "lines" : "jsonl";
  return [
    ...inputConflicts(args),
    {
      holds: text !== undefined && (lines || jsonl),
      flags: [format],
      problem: `--${format} takes its texts from the input: name its file with --file`,
    },
    {
      holds: text !== undefined && file !== undefined,
      flags: ["file"],
      problem: "give texts or --file, not both",
    },
    { holds: lines && jsonl, flags: ["lines", "jsonl"], problem: "give --lines or --jsonl, not both" },
  ];
}

const givenLine = (line: Line, place: string): GivenText => ({
  read: () => ({ text: lineText(line, place) }),
});

/** Undefined for a blank line. */
function givenRecord(line: Line, name: string, number: number): GivenText | undefined {
  try {
    const record = jsonRecord(line, name, number);
    if (record === undefined) return undefined;
    return {
      id: record.get("id"),
      read: () => ({
        text: record.string("text"),
        pair: record.optionalString("text_pair"),
        label: labelOf(record),
      }),
    };
  } catch (error) {
    return {
      read() {
        throw error;
      },
    };
  }
}
