/** Texts that a pass reads from end to end. */
import { GptError } from "../errors.ts";

export interface WholeText {
  /** At least one, at most `contextSize`. */
  readonly ids: readonly number[];
  /** The text of a pair that each token belongs to. Default: the first. */
  readonly typeIds?: readonly number[] | undefined;
}

/** Rows of a pass, if no text alone is longer: enough to read the weights seldom. */
const ROWS_PER_PASS = 512;

/** Number of the texts from `from` on that a pass takes: as many as fit, and at least one. */
export function fitting(texts: readonly WholeText[], from: number): number {
  let rows = texts[from]?.ids.length ?? 0;
  let count = 1;
  for (const { ids } of texts.slice(from + 1)) {
    rows += ids.length;
    if (rows > ROWS_PER_PASS) break;
    count++;
  }
  return count;
}

/** @throws GptError `resource` for too many or too few ids, `usage` for one outside the vocabulary */
export function checkIds(ids: readonly number[], vocabSize: number, contextSize: number): void {
  if (ids.length === 0 || ids.length > contextSize) {
    throw new GptError("resource", `a text of ${ids.length} tokens: this model takes 1 to ${contextSize}`);
  }
  checkVocabulary(ids, vocabSize);
}

/** @throws GptError `usage` for an id outside the vocabulary */
export function checkVocabulary(ids: readonly number[], vocabSize: number): void {
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (wrong === undefined) return;
  throw new GptError("usage", `token id ${wrong}: the vocabulary is 0 to ${vocabSize - 1}`);
}
