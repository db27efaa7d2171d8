/** Names of fields as programs outside know them: `finishReason` is `finish_reason`. */

export const snakeCaseName = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A value of JSON with its names in snake case, at every depth. */
export function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [snakeCaseName(name), snakeCase(field)]),
  );
}
