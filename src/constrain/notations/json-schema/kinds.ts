/** The values of `type`, and the keywords of numbers. */
import type { JsonValue } from "../../../files/json.ts";
import type { Keywords } from "./keywords.ts";
import type { NumberShape, Shape } from "./shapes.ts";

/** What a type leaves of a shape. */
export const KINDS: Readonly<Record<string, (shape: Shape) => Shape | undefined>> = {
  null: (shape) => (shape.kind === "null" ? shape : undefined),
  boolean: (shape) => (shape.kind === "values" ? shape : undefined),
  number: (shape) => (shape.kind === "number" ? shape : undefined),
  integer: (shape) => (shape.kind === "number" ? { ...shape, whole: true } : undefined),
  string: (shape) => (shape.kind === "string" ? shape : undefined),
  array: (shape) => (shape.kind === "list" ? shape : undefined),
  object: (shape) => (shape.kind === "object" ? shape : undefined),
};

/** The tighter one of a bound and a strict bound. */
export function bound(
  keywords: Keywords,
  plain: string,
  strict: string,
  tighter: (a: number, b: number) => number,
) {
  const [value, edge] = [keywords.number(plain), keywords.number(strict)];
  if (value === undefined && edge === undefined) return undefined;
  const tight = value === undefined || edge === undefined ? (value ?? edge ?? 0) : tighter(value, edge);
  return { value: tight, strict: edge === tight };
}

const MOST_MULTIPLE = 10_000;

export function multiples(keywords: Keywords, whole: boolean) {
  const number = keywords.number("multipleOf");
  if (number === undefined) return { multiples: [], whole };
  if (!Number.isInteger(number) || number < 1 || number > MOST_MULTIPLE) {
    throw keywords.fault("multipleOf", `is supported for whole numbers from 1 to ${MOST_MULTIPLE}`);
  }
  return { multiples: number === 1 ? [] : [number], whole: true };
}

export function holdsNumber(value: JsonValue, shape: NumberShape): boolean {
  const { least, most, whole, broken, multiples } = shape;
  if (typeof value !== "number" || (whole && !Number.isInteger(value))) return false;
  if (broken && Number.isInteger(value)) return false;
  if (least && (least.strict ? value <= least.value : value < least.value)) return false;
  if (most && (most.strict ? value >= most.value : value > most.value)) return false;
  return multiples.every((number) => value % number === 0);
}
