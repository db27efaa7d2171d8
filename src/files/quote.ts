/** Values and names of a file in error messages: on one line, printable and short. */

const MAX_LENGTH = 60;
/** A name keeps its beginning and its end, which says which field it is. */
const MAX_NAME = 120;
/** Controls, line separators and direction overrides. JSON escapes some of them. */
const UNPRINTABLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** Levels of nested lists. JSON.stringify fails on a million levels, which a hostile file may have. */
const MAX_DEPTH = 3;

export function quote(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "bigint" || typeof value === "number") return String(value);
  if (Array.isArray(value) && value.length > 8) return `a list of ${value.length} values`;
  const printable = escaped(JSON.stringify(quotable(value, MAX_DEPTH)));
  return printable.length > MAX_LENGTH ? `${printable.slice(0, MAX_LENGTH - 1)}…` : printable;
}

/** The name of a field, with the names of the objects around it. */
export function shortName(name: string): string {
  const half = MAX_NAME / 2;
  const short = name.length > MAX_NAME ? `${name.slice(0, half)}…${name.slice(1 - half)}` : name;
  return escaped(short);
}

/** Line feeds and the like as JSON spells them. */
const escaped = (text: string): string =>
  text.replace(UNPRINTABLE, (char) => {
    const spelled = JSON.stringify(char).slice(1, -1);
    return spelled === char ? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}` : spelled;
  });

/** The first levels of a value, as values that JSON can hold. */
function quotable(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "…";
  if (Array.isArray(value)) return value.slice(0, MAX_LENGTH).map((item) => quotable(item, depth - 1));
  const entries = Object.entries(value).slice(0, MAX_LENGTH);
  return Object.fromEntries(entries.map(([name, item]) => [name, quotable(item, depth - 1)]));
}
