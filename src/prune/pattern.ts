/** Which share of the weights of a matrix becomes zero: a share of all, or some of each group of inputs. */
import type { Rule } from "../checks/rules.ts";
import { GptError } from "../errors.ts";

export type Pattern =
  /** A share from 0 to 1, exclusive, of a whole. The method says what the whole is. */
  | { readonly kind: "share"; readonly sparsity: number }
  /** `zeros` of every `group` consecutive inputs of an output, such as 2 of 4. */
  | { readonly kind: "groups"; readonly zeros: number; readonly group: number };

/** The widest group. */
const MAX_GROUP = 64;

export const sparsityRule: Rule = {
  expected: "a number above 0 and below 1, or groups such as 2:4",
  holds: (value) => {
    if (typeof value === "number") return value > 0 && value < 1;
    return typeof value === "string" && groupsOf(value) !== undefined;
  },
};

/** @param sparsity 0.5, or "2:4": two zeros among four. @throws GptError `usage` for another value */
export function patternOf(sparsity: number | string): Pattern {
  if (typeof sparsity === "number" && sparsityRule.holds(sparsity)) return { kind: "share", sparsity };
  const groups = groupsOf(String(sparsity));
  if (groups !== undefined) return { kind: "groups", ...groups };
  throw new GptError("usage", `sparsity: expected ${sparsityRule.expected}, got ${sparsity}`);
}

function groupsOf(text: string): { zeros: number; group: number } | undefined {
  const [, first, second] = /^(\d{1,2}):(\d{1,2})$/.exec(text) ?? [];
  const [zeros, group] = [Number(first), Number(second)];
  return zeros > 0 && zeros < group && group <= MAX_GROUP ? { zeros, group } : undefined;
}

/** Weights that become zero among `count`: the share, rounded down. */
export const zerosAmong = (count: number, sparsity: number): number => Math.floor(count * sparsity);
