/** The functions of node:util and node:buffer that the engine calls, for a page. */

/** A value in an error, on one short line. */
export const inspect = (value: unknown): string =>
  typeof value === "string" ? `'${value.slice(0, 40)}'` : String(value).slice(0, 80);

export const isDeepStrictEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
