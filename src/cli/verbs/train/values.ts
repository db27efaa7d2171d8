/** Values of the flags of `gpt train`. */
import type { Warmup } from "../../../train/run/request.ts";
import { expected, integer, number } from "../../flags/flags.ts";

export function warmup(given: string): Warmup {
  const [, percent] = /^(.*)%$/.exec(given) ?? [];
  if (percent === undefined) return { steps: integer(0)(given) };
  const share = number(percent) / 100;
  if (share >= 0 && share <= 1) return { share };
  throw expected("steps such as 100, or 0% to 100%", given);
}

export function names(given: string): readonly string[] {
  return given.split(",").map((name) => name.trim());
}

export function betas(given: string): readonly [number, number] {
  const [first, second, ...others] = given.split(",").map(number);
  if (first !== undefined && second !== undefined && others.length === 0) return [first, second];
  throw expected("two numbers, such as 0.9,0.95", given);
}

export function positive(given: string): number {
  const parsed = number(given);
  if (parsed > 0 && parsed < Number.POSITIVE_INFINITY) return parsed;
  throw expected("a number above 0", given);
}

export function fromZero(given: string): number {
  const parsed = number(given);
  if (parsed >= 0 && parsed < Number.POSITIVE_INFINITY) return parsed;
  throw expected("a number from 0", given);
}

export function fraction(given: string): number {
  const parsed = number(given);
  if (parsed >= 0 && parsed < 1) return parsed;
  throw expected("a number from 0 to below 1", given);
}
