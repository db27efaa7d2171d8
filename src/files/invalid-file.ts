/** The error for a file that is not what it should be. */

import { GptError } from "../errors.ts";

/** Characters of a problem that an error shows. Files bring texts of any length into it. */
const MAX_PROBLEM = 400;

/** @param problem may quote the file: the error stays on one line, and short */
export function invalidFile(file: string, problem: string): GptError {
  const line = problem.replace(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1));
  const shown = line.length > MAX_PROBLEM ? `${line.slice(0, MAX_PROBLEM)}...` : line;
  return new GptError("invalid-file", `${file}: ${shown}`);
}
