/** Numbers as `gpt bench` and `gpt plan` take them: lists in llama-bench's notation, and percentages. */
import { expected, integer } from "../flags.ts";

const RANGE = /^(\d+)-(\d+)(?:([+*])(\d+))?$/;
const LONGEST = 1000;

/** Reads `1,2,4`, `1-4`, `128-512+128`, `1-8*2`: whole numbers, none below `least`. */
export const integers =
  (least: number) =>
  (text: string): number[] =>
    text
      .split(",")
      .flatMap((part) => range(part.trim()) ?? [integer(least)(part)])
      .map(atLeast(least));

const atLeast = (least: number) => (value: number) => integer(least)(String(value));

function range(text: string): number[] | undefined {
  const [, first, last, operator = "+", step = "1"] = RANGE.exec(text) ?? [];
  if (first === undefined || last === undefined) return undefined;
  const values: number[] = [];
  const next = (value: number) => (operator === "+" ? value + Number(step) : value * Number(step));
  for (let value = Number(first); value <= Number(last); value = next(value)) {
    if (values.length === LONGEST || next(value) <= value) throw expected("a range that ends", text);
    values.push(value);
  }
  if (values.length === 0) throw expected("a range that ascends", text);
  return values;
}

/** Reads `10%` as 0.1. */
export function percentage(text: string): number {
  const [, number] = /^(\d+\.?\d*|\.\d+)\s*%$/.exec(text.trim()) ?? [];
  if (number === undefined) throw expected("a percentage such as 10%", text);
  return Number(number) / 100;
}
