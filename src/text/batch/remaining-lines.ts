/** The lines of a batch that have no result yet. */
import { GptError } from "../../errors.ts";
import type { Line } from "../../files/lines.ts";
import type { Answerer, Difference } from "./answer.ts";
import type { ResultsFile } from "./results-file.ts";

/**
 * Compares the kept results with the lines they answer, and returns the lines after them.
 *
 * @throws GptError `usage` for results of other lines or of other settings
 */
export async function remainingLines(
  lines: AsyncGenerator<Line, void, void>,
  results: Pick<ResultsFile, "path" | "kept" | "keptResults">,
  answerer: Answerer,
): Promise<AsyncIterable<Line>> {
  let number = 0;
  for await (const result of results.keptResults()) {
    const next = await lines.next();
    if (next.done) {
      const [held, given] = [results.kept.lines, number].map((count) => count.toLocaleString("en"));
      const counts = `${held} results, the input only ${given} line${number === 1 ? "" : "s"}`;
      throw new GptError("usage", `${results.path}: has ${counts}: they do not belong together`);
    }
    number++;
    const difference = answerer.difference(result, next.value);
    if (difference !== undefined) throw refusal(results.path, number, difference);
  }
  return lines;
}

const PROBLEMS: Readonly<Record<Difference, (number: number) => string>> = {
  line: (number) =>
    `line ${number} has another id or prompt than line ${number} of the input: they do not belong together`,
  seed: (number) => `line ${number} has another seed: go on with that one, or choose another name`,
  settings: (number) =>
    `line ${number} was written with another model or other settings: go on with those, or choose another name`,
};

const refusal = (path: string, number: number, difference: Difference): GptError =>
  new GptError("usage", `${path}: ${PROBLEMS[difference](number)}`);
