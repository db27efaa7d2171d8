/** A limit on the time of regular expressions: some patterns that are not regular would search for years. */
import { withinTime as within } from "../../host/time-limit.ts";

/** A thousand times what ordinary patterns take. */
const BASE_MS = 1000;
const MS_PER_CHARACTER = 0.1;

/**
 * Runs a search.
 * @param length of the text: longer texts get more time
 * @param refusal makes the error if the work takes too long
 */
export function withinTime<T>(length: number, refusal: (problem: string) => Error, work: () => T): T {
  const refuse = () => refusal(`its regular expression takes too long on a text of ${length} characters`);
  return within(Math.ceil(BASE_MS + length * MS_PER_CHARACTER), refuse, work);
}
