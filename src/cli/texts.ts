/** Texts for verbs that read: arguments, a whole input, or its lines. */
import { jsonRecord, labelOf } from "../data/index.ts";
import type { JsonValue } from "../files/json.ts";
import type { JsonFields } from "../files/json-fields.ts";
import { type Line, lineText } from "../files/lines.ts";
import type { Conflict } from "./flags/conflicts.ts";
import { inputConflicts } from "./flags/input-flags.ts";
import { readInput } from "./terminal/input.ts";
import type { BatchInput } from "./terminal/line-input.ts";
import { type LineSource, openLines } from "./terminal/shard-input.ts";

/** Flags that say where the texts are. */
export interface TextSource extends LineSource {
  readonly text?: readonly string[] | undefined;
  readonly lines?: boolean | undefined;
  readonly jsonl?: boolean | undefined;
}

/** An input that is read when its turn comes, so that a wrong line is an error of its own. */
export interface Given<T> {
  /** Id of a line of JSON, which its answer repeats. */
  readonly id?: JsonValue | undefined;
  /** @throws GptError `invalid-file` for a line that cannot be read, with its number */
  read(): T;
}

interface LabelledInput {
  readonly text: string;
  /** The second text of a pair: `text_pair` of a line of JSON. */
  readonly pair?: string | undefined;
  readonly label?: string | undefined;
}

export type GivenText = Given<LabelledInput>;

const labelled: Readers<LabelledInput> = {
  ofText: (text) => ({ text }),
  ofRecord: (record) => ({
    text: record.string("text"),
    pair: record.optionalString("text_pair"),
    label: labelOf(record),
  }),
};

/** As `givenInputs`, for texts with labels. */
export const givenTexts = (
  args: TextSource,
  example: string,
  signal: AbortSignal,
  onOpen?: OnOpen,
): AsyncGenerator<GivenText, void, void> => givenInputs(args, example, signal, labelled, onOpen);

/** What a text is to a verb, and a line of JSON. */
export interface Readers<T> {
  readonly ofText: (text: string) => T;
  readonly ofRecord: (record: JsonFields) => T;
}

/** Gets the input of lines before the first one is read. */
type OnOpen = (input: BatchInput) => void;

/**
 * Yields the inputs in their order.
 * @param example a command line with a text
 * @param signal no input is yielded once it is aborted
 * @throws GptError `usage` without a text, `not-found` for a file that cannot be read
 */
export async function* givenInputs<T>(
  args: TextSource,
  example: string,
  signal: AbortSignal,
  { ofText, ofRecord }: Readers<T>,
  onOpen: OnOpen = () => {},
): AsyncGenerator<Given<T>, void, void> {
  const { text: texts = [], lines, jsonl, file } = args;
  if (texts.length > 0) yield* texts.map((text) => ({ read: () => ofText(text) }));
  else if (!lines && !jsonl) {
    const text = await readInput(undefined, example, args, signal);
    yield { read: () => ofText(text) };
  } else {
    await using input = await openLines(args);
    await input.ready(signal);
    onOpen(input);
    const name = file === undefined || file === "-" ? "standard input" : file;
    let number = input.before;
    for await (const line of input.lines(signal)) {
      signal.throwIfAborted();
      number++;
      const place = `${name}:${number}`;
      const given = jsonl
        ? givenRecord(line, name, number, ofRecord)
        : { read: () => ofText(lineText(line, place)) };
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

/** Undefined for a blank line. */
function givenRecord<T>(
  line: Line,
  name: string,
  number: number,
  ofRecord: (record: JsonFields) => T,
): Given<T> | undefined {
  try {
    const record = jsonRecord(line, name, number);
    return record && { id: record.get("id"), read: () => ofRecord(record) };
  } catch (error) {
    return {
      read() {
        throw error;
      },
    };
  }
}
