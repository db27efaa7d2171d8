/** Where two results in JSON differ. */
import type { JsonValue } from "../files/json.ts";

export interface Difference {
  /** Names and numbers that lead to the value. */
  readonly path: readonly string[];
  readonly recorded: JsonValue | undefined;
  readonly found: JsonValue | undefined;
  /** Of two texts: the first byte of UTF-8 that differs. */
  readonly byte?: number;
}

export interface Agreement {
  /** Numbers, texts and other single values that are the same. */
  readonly equal: number;
  readonly differences: readonly Difference[];
}

/** @param ignored names whose values may differ, such as times */
export function compareResults(
  recorded: JsonValue | undefined,
  found: JsonValue | undefined,
  ignored: ReadonlySet<string>,
  path: readonly string[] = [],
): Agreement {
  if (isContainer(recorded) && isContainer(found) && Array.isArray(recorded) === Array.isArray(found)) {
    const names = [...new Set([...Object.keys(recorded), ...Object.keys(found)])];
    const parts = names
      .filter((name) => !ignored.has(name))
      .map((name) => compareResults(recorded[name], found[name], ignored, [...path, name]));
    return {
      equal: parts.reduce((sum, { equal }) => sum + equal, 0),
      differences: parts.flatMap(({ differences }) => differences),
    };
  }
  if (recorded === found) return { equal: 1, differences: [] };
  const isText = typeof recorded === "string" && typeof found === "string";
  const byte = isText ? { byte: firstByte(recorded, found) } : {};
  return { equal: 0, differences: [{ path, recorded, found, ...byte }] };
}

type Container = Readonly<Record<string, JsonValue | undefined>>;

const isContainer = (value: unknown): value is Container => typeof value === "object" && value !== null;

function firstByte(a: string, b: string): number {
  const [first, second] = [Buffer.from(a), Buffer.from(b)];
  const place = first.findIndex((byte, i) => byte !== second[i]);
  return place < 0 ? first.length : place;
}
