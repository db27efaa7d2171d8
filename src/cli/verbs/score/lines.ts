/** The texts that `gpt score` compares: lines of files. */
import { type DataSource, findSources } from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import type { Segment } from "../../../evaluate/metrics/metric.ts";
import { trimmedEnd } from "../../../evaluate/metrics/words.ts";
import { lineText, splitLines } from "../../../files/lines.ts";

/** A system's name, which is its path, and its lines with their references. */
export interface System {
  readonly name: string;
  readonly segments: readonly Segment[];
}

/**
 * @param hypotheses files of systems
 * @param references files of right texts. A line of a .jsonl file may have several, or null for none
 * @throws GptError as `findSources`; `invalid-file` for files with different numbers of lines, and without
 *   any
 */
export async function readSystems(
  hypotheses: readonly string[],
  references: readonly string[],
): Promise<System[]> {
  const places = [...hypotheses, ...references];
  const sources = await findSources(places);
  if (sources.length !== places.length) {
    throw new GptError("usage", `${places.join(", ")}: are ${sources.length} files, expected one for each`);
  }
  const files = [];
  for (const source of sources) files.push({ name: source.name, lines: await readLines(source) });
  checkLengths(files);
  const right = files.slice(hypotheses.length);
  return files.slice(0, hypotheses.length).map(({ name, lines }) => ({
    name,
    segments: lines.map((line, i) => ({
      hypothesis: single(line, `${name}, line ${i + 1}`),
      references: right.flatMap((file) => file.lines[i] ?? []),
    })),
  }));
}

/** The texts of each line: one, but in .jsonl. */
async function readLines({ name, format, chunks }: DataSource): Promise<string[][]> {
  const lines: string[][] = [];
  for await (const line of splitLines(chunks())) {
    const place = `${name}, line ${lines.length + 1}`;
    const text = lineText(line, place);
    lines.push(format === "json" ? textsOf(text, place) : [trimmedEnd(text)]);
  }
  return lines;
}

function textsOf(line: string, place: string): string[] {
  const texts = [parsed(line, place)].flat().filter((text) => text !== null);
  if (texts.every((text) => typeof text === "string")) return texts;
  throw new GptError("invalid-file", `${place}: expected a JSON string, a list of strings or null`);
}

function parsed(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new GptError("invalid-file", `${place}: is not JSON, expected a string or a list of strings`);
  }
}

function single(texts: readonly string[], place: string): string {
  const [text] = texts;
  if (text !== undefined && texts.length === 1) return text;
  throw new GptError("invalid-file", `${place}: has ${texts.length} texts, expected the one to score`);
}

function checkLengths(files: readonly { readonly name: string; readonly lines: readonly unknown[] }[]): void {
  const [first, ...others] = files;
  if (first === undefined) return;
  if (first.lines.length === 0) throw new GptError("invalid-file", `${first.name}: has no lines to score`);
  for (const { name, lines } of others) {
    if (lines.length === first.lines.length) continue;
    const counts = `${first.name} has ${first.lines.length} lines, ${name} ${lines.length}`;
    throw new GptError("invalid-file", `${counts}: line by line they belong together`);
  }
}
