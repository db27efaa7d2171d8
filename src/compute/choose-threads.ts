/** The number of threads of a model. */
import { OptionError, optionNamed } from "../checks/option-error.ts";
import { machine } from "../host/machine.ts";

const DEFAULT_AT_MOST = 8;
const AT_MOST = 64;
const EXPECTED = `a whole number from 1 to ${AT_MOST} is expected`;

/**
 * @param wish undefined: the cores of the process, at most 8
 * @throws GptError `usage` for a number out of range
 */
export function chooseThreads(wish: number | undefined): number {
  if (wish === undefined) return Math.min(machine.cores(), DEFAULT_AT_MOST);
  if (Number.isInteger(wish) && wish >= 1 && wish <= AT_MOST) return wish;
  throw new OptionError("usage", `${optionNamed("threads")} ${wish}: ${EXPECTED}`);
}
