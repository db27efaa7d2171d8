/** A prompt with a completion, as one sequence. Only the ids of the completion count. */
import { show } from "../checks/rules.ts";
import { NO_TARGET } from "../compute/kernels/table.ts";
import { checkIds, isList, type Limits, type Sequence } from "./examples.ts";

export interface Completion extends Sequence {
  /** Number of the ids of the prompt. The row of its last id predicts the first id of the completion. */
  readonly promptLength: number;
  readonly unit: number;
}

/** Ids of an example by the names of its fields. */
export interface Named {
  readonly prompt: unknown;
  /** The name of the field, and its ids. */
  readonly completion: readonly [name: string, ids: unknown];
}

/** All ids but the last are inputs. @throws GptError `usage` for ids that do not fit the model */
export function completionOf(named: Named, limits: Limits): Completion {
  const { prompt, ids } = joined(named, limits, 1);
  return { inputs: ids.slice(0, -1), targets: ids.slice(1), promptLength: prompt, unit: limits.row };
}

/** All ids are inputs: the state of the last one is read. @throws GptError as `completionOf` */
export function wholeText(named: Named, limits: Limits): Completion {
  const { prompt, ids } = joined(named, limits, 0);
  return { inputs: ids, targets: ids.map(() => NO_TARGET), promptLength: prompt, unit: limits.row };
}

function joined(
  { prompt, completion: [name, completion] }: Named,
  { config, contextSize, fail }: Limits,
  beyond: number,
): { readonly prompt: number; readonly ids: number[] } {
  const listed = (field: string, ids: unknown): readonly number[] => {
    if (!isList(ids)) throw fail(`${field}: expected a list of token ids, found ${show(ids)}`);
    checkIds(ids, config, 1, Number.POSITIVE_INFINITY, (problem) => fail(`${field}: ${problem}`));
    return ids;
  };
  const before = listed("prompt", prompt);
  const ids = [...before, ...listed(name, completion)];
  checkIds(ids, config, 2, contextSize + beyond, (problem) => fail(`prompt and ${name}: ${problem}`));
  return { prompt: before.length, ids };
}

/** The id that each row predicts, or NO_TARGET in the prompt. */
export const completionTargets = ({ targets, promptLength }: Completion): number[] =>
  targets.map((target, row) => (row < promptLength - 1 ? NO_TARGET : target));

/** Number of the ids of the completion. */
export const completionLength = ({ targets, promptLength }: Completion): number =>
  targets.length - promptLength + 1;

/** First and last row of each sequence among the rows of a group, and the rows of its completion. */
export function completionRows<S extends Completion>(
  group: readonly S[],
): { readonly sequence: S; readonly first: number; readonly end: number }[] {
  let end = 0;
  return group.map((sequence) => {
    const first = end + sequence.promptLength - 1;
    end += sequence.inputs.length;
    return { sequence, first, end };
  });
}
