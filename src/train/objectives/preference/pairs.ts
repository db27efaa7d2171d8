/** Examples of a prompt with a chosen and a rejected completion, as two sequences of ids to write. */
import { number, type Rule } from "../../../checks/rules.ts";
import { type Completion, completionOf } from "../../completions.ts";
import type { Limits, PartsReader } from "../../examples.ts";
import { Means } from "../../step/metrics.ts";

/** A completion, and its log-probability under the reference if it is known. */
export interface Judged extends Completion {
  readonly isWanted: boolean;
  readonly reference: number | undefined;
}

export const betaRule = number("a number above 0", (value) => value > 0);
export const pathRule: Rule = {
  expected: "the path or name of a model",
  holds: (value) => typeof value === "string" && value !== "",
};

/** Reads the fields of an example, which come from outside. */
export type Fields = Readonly<Record<string, unknown>>;

export function optionalNumber(fields: Fields, name: string, { fail }: Limits): number | undefined {
  const value = fields[name];
  if (value === undefined || (typeof value === "number" && Number.isFinite(value))) return value;
  throw fail(`${name}: expected a number`);
}

export const pairs: PartsReader = {
  read(example, limits) {
    const fields = example as Fields;
    const { prompt } = fields;
    const completion = (name: string, reference: string, isWanted: boolean): Judged => ({
      ...completionOf({ prompt, completion: [name, fields[name]] }, limits),
      isWanted,
      reference: optionalNumber(fields, reference, limits),
    });
    return [completion("chosen", "refChosenLogp", true), completion("rejected", "refRejectedLogp", false)];
  },
};

/** Sequences in pairs: the chosen one and the rejected one. */
export function inPairs<T>(sequences: readonly T[]): (readonly [chosen: T, rejected: T])[] {
  return Array.from({ length: sequences.length / 2 }, (_, i) => [
    sequences[2 * i] as T,
    sequences[2 * i + 1] as T,
  ]);
}

/** Rewards of a step's pairs, and the share of pairs whose chosen completion has the higher one. */
export class PairMeans extends Means {
  addPair(chosen: number, rejected: number): void {
    this.add("rewards/chosen", chosen);
    this.add("rewards/rejected", rejected);
    this.add("rewards/accuracies", Number(chosen > rejected));
    this.add("rewards/margins", chosen - rejected);
  }
}
