/**
 * A limit on the time of V8's regular expressions: some patterns that are not regular would search for years.
 */

import { type Context, createContext, Script } from "node:vm";

/** A thousand times what ordinary patterns take. */
const BASE_MS = 1000;
const MS_PER_CHARACTER = 0.1;

/** A script can be stopped, even inside a regular expression. */
const call = new Script("work()");
const globals: { work?: () => unknown } = {};
let context: Context | undefined;

/**
 * Runs a search. The limit costs a tenth of a millisecond.
 * @param length of the text: longer texts get more time
 * @param refusal makes the error if the work takes too long
 */
export function withinTime<T>(length: number, refusal: (problem: string) => Error, work: () => T): T {
  context ??= createContext(globals);
  globals.work = work;
  try {
    const timeout = Math.ceil(BASE_MS + length * MS_PER_CHARACTER);
    return call.runInContext(context, { timeout }) as T;
  } catch (error) {
    if (!tookTooLong(error)) throw error;
    throw refusal(`its regular expression takes too long on a text of ${length} characters`);
  } finally {
    delete globals.work;
  }
}

/** Also if V8 has no memory left for places to come back to, or for code of a long pattern. */
function tookTooLong(error: unknown): boolean {
  if (error instanceof RangeError || error instanceof SyntaxError) return true;
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
