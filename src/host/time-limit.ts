/** A limit on the time of V8's regular expressions, for Node. */
import { type Context, createContext, Script } from "node:vm";
import type { WithinTime } from "./host.ts";

/** A script can be stopped, even inside a regular expression. */
const call = new Script("work()");
const globals: { work?: () => unknown } = {};
let context: Context | undefined;

/** The limit costs a tenth of a millisecond. */
export const withinTime: WithinTime = <T>(timeout: number, refusal: () => Error, work: () => T): T => {
  context ??= createContext(globals);
  globals.work = work;
  try {
    return call.runInContext(context, { timeout }) as T;
  } catch (error) {
    if (!tookTooLong(error)) throw error;
    throw refusal();
  } finally {
    delete globals.work;
  }
};

/** Also if V8 has no memory left for places to come back to, or for code of a long pattern. */
function tookTooLong(error: unknown): boolean {
  if (error instanceof RangeError || error instanceof SyntaxError) return true;
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
