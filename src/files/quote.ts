/** Values of a file in error messages: on one line, printable and short. */

const MAX_LENGTH = 60;
/** C1 controls, line separators and direction overrides: JSON does not escape them. */
const UNPRINTABLE = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** Levels of nested lists. JSON.stringify fails on a million levels, which a hostile file may have. */
const MAX_DEPTH = 3;

export function quote(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "bigint" || typeof value === "number") return String(value);
  if (Array.isArray(value) && value.length > 8) return `a list of ${value.length} values`;
  const printable = JSON.stringify(quotable(value, MAX_DEPTH)).replace(
    UNPRINTABLE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return printable.length > MAX_LENGTH ? `${printable.slice(0, MAX_LENGTH - 1)}…` : printable;
}

/** The first levels of a value, as values that JSON can hold. */
function quotable(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "…";
  if (Array.isArray(value)) return value.slice(0, MAX_LENGTH).map((item) => quotable(item, depth - 1));
  const entries = Object.entries(value).slice(0, MAX_LENGTH);
  return Object.fromEntries(entries.map(([name, item]) => [name, quotable(item, depth - 1)]));
}
