/** How values found in a file appear in error messages: on one line, printable and short. */

const MAX_LENGTH = 60;
/** C1 controls, line separators and direction overrides, which JSON leaves as they are. */
const UNPRINTABLE = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

export function quote(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "bigint" || typeof value === "number") return String(value);
  if (Array.isArray(value) && value.length > 8) return `a list of ${value.length} values`;
  const text = JSON.stringify(value, (_key, item) => (typeof item === "bigint" ? String(item) : item));
  const printable = text.replace(
    UNPRINTABLE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return printable.length > MAX_LENGTH ? `${printable.slice(0, MAX_LENGTH - 1)}…` : printable;
}
