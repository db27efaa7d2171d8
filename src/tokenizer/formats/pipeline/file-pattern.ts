/** The patterns that files bring along. Any regular expression may be among them, also one that would search for years. */

import { type Context, createContext, Script } from "node:vm";
import { GptError } from "../../../errors.ts";
import { invalidFile } from "../../../files/invalid-file.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import { regular } from "../../pattern/automaton.ts";
import { fromOniguruma } from "../../pattern/oniguruma.ts";
import { patterns } from "../../pattern/patterns.ts";
import { escapeLiteral } from "../../pattern/regex.ts";
import { type Searcher, searcher } from "../../pattern/search.ts";

/** A `pattern` of tokenizer.json, `{"String": " "}` or `{"Regex": "\\s+"}`, as a global regular expression. */
export function readPattern(fields: JsonFields): RegExp {
  const pattern = fields.object("pattern");
  const literal = pattern.optionalString("String");
  if (literal !== undefined) return new RegExp(escapeLiteral(literal), "gu");
  const regex =
    pattern.optionalString("Regex") ?? fields.fail("pattern", '{"String": ...} or {"Regex": ...}');
  try {
    return fromOniguruma(regex);
  } catch (error) {
    throw error instanceof GptError
      ? invalidFile(fields.file, `${fields.path}pattern: ${error.message}`)
      : error;
  }
}

/** The same, to search with. */
export function readSearcher(fields: JsonFields): Searcher {
  const pattern = readPattern(fields);
  return PUBLISHED.has(regexOf(fields)) ? regular(pattern) : searcher(pattern);
}

const PUBLISHED: ReadonlySet<unknown> = new Set(Object.values(patterns));

/** Whether the pattern of a part, if it has one, is known to be quick: a text, or one of those that were published. */
export function isQuick(fields: JsonFields): boolean {
  const regex = regexOf(fields);
  return regex === undefined || PUBLISHED.has(regex);
}

function regexOf(fields: JsonFields): unknown {
  const pattern = fields.optionalObject("pattern");
  return pattern?.get("String") === undefined ? pattern?.get("Regex") : undefined;
}

/** A thousand times what ordinary patterns take. */
const BASE_MS = 1000;
const MS_PER_CHARACTER = 0.1;

/** What runs as a script can be stopped, also inside of a regular expression. */
const call = new Script("work()");
const globals: { work?: () => unknown } = {};
let context: Context | undefined;

/**
 * Runs what searches a text with the patterns of a part. It takes a tenth of a millisecond more than to just run it.
 * @param length of the text: longer ones may take longer
 * @throws GptError `invalid-file` where it takes too long
 */
export function withinTime<T>(fields: JsonFields, length: number, work: () => T): T {
  context ??= createContext(globals);
  globals.work = work;
  try {
    const timeout = Math.ceil(BASE_MS + length * MS_PER_CHARACTER);
    return call.runInContext(context, { timeout }) as T;
  } catch (error) {
    if (!tookTooLong(error)) throw error;
    const problem = `its regular expression takes too long on a text of ${length} characters`;
    throw invalidFile(fields.file, `${fields.path.slice(0, -1)}: ${problem}`);
  } finally {
    delete globals.work;
  }
}

/** Also where V8 runs out of places to come back to. */
function tookTooLong(error: unknown): boolean {
  if (error instanceof RangeError) return true;
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
