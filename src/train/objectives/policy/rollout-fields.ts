/** Fields of examples that a policy wrote itself. */
import { isList, type Limits } from "../../examples.ts";
import type { Fields } from "../preference/pairs.ts";

/** A number for each id of a completion. */
export function numbersOf(fields: Fields, name: string, length: number, { fail }: Limits): readonly number[] {
  const found = optionalNumbers(fields, name, length, { fail });
  if (found === undefined) throw fail(`${name}: expected a number for each of ${length} ids`);
  return found;
}

export function optionalNumbers(
  fields: Fields,
  name: string,
  length: number,
  { fail }: Pick<Limits, "fail">,
): readonly number[] | undefined {
  const values = fields[name];
  if (values === undefined) return undefined;
  if (isList(values) && values.length === length && [...values].every(Number.isFinite)) return [...values];
  throw fail(`${name}: expected a number for each of ${length} ids`);
}

export function requiredNumber(fields: Fields, name: string, { fail }: Limits): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw fail(`${name}: expected a number`);
}
