/** Responses that a policy wrote, as sequences among texts of a pre-training. */
import { NO_TARGET } from "../../../compute/kernels/table.ts";
import {
  type Completion,
  completionLength,
  completionOf,
  completionRows,
  completionTargets,
} from "../../completions.ts";
import { checkIds, isList, type PartsReader, type Sequence } from "../../examples.ts";
import { type Fields, optionalNumber } from "../preference/pairs.ts";
import type { Advantages, ScoredRollout } from "./advantages.ts";
import { numbersOf, optionalNumbers, requiredNumber } from "./rollout-fields.ts";

export interface Rollout extends Completion, ScoredRollout, Advantages {
  /** Given with the example, so nothing is estimated. */
  readonly isEstimated: boolean;
}

/** Rollouts, and texts of a pre-training as plain lists of ids. */
export const rollouts: PartsReader = {
  read(example, limits) {
    if (isList(example)) {
      checkIds(example, limits.config, 2, limits.contextSize + 1, limits.fail);
      return [{ inputs: example.slice(0, -1), targets: example.slice(1) }];
    }
    const fields = example as Fields;
    const { prompt, response } = fields;
    const sequence = completionOf({ prompt, completion: ["response", response] }, limits);
    const length = completionLength(sequence);
    const list = (name: string) => numbersOf(fields, name, length, limits);
    const [advantages, returns] = ["advantages", "returns"].map((name) =>
      optionalNumbers(fields, name, length, limits),
    );
    const rollout: Rollout = {
      ...sequence,
      ...{ logprobs: list("logprobs"), refLogprobs: list("refLogprobs"), values: list("values") },
      score:
        (advantages ? optionalNumber(fields, "score", limits) : requiredNumber(fields, "score", limits)) ?? 0,
      ...{ advantages: advantages ?? [], returns: returns ?? [], isEstimated: !(advantages && returns) },
    };
    return [rollout];
  },
};

export const isRollout = (sequence: Sequence): sequence is Rollout => "logprobs" in sequence;

export const rolloutTargets = (sequence: Sequence): readonly number[] =>
  isRollout(sequence) ? completionTargets(sequence) : sequence.targets.map(() => NO_TARGET);

/** The rows of the responses among those of a group. */
export function rolloutRows(group: readonly Sequence[]) {
  const placed = group.map((sequence) =>
    isRollout(sequence) ? sequence : { ...sequence, promptLength: 1, unit: 0 },
  );
  return completionRows<Completion>(placed).flatMap(({ sequence, ...place }) =>
    isRollout(sequence) ? [{ sequence, ...place }] : [],
  );
}
