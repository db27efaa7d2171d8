/** Lengths of time as people type them. */
import { expected } from "./flags.ts";

/** In seconds. A number without a unit is seconds. */
const units: Readonly<Record<string, number>> = { ms: 1e-3, "": 1, s: 1, m: 60, h: 3600 };

/**
 * Reads `30s`, `500ms`, `2m`, `1h`, `1.5`.
 *
 * @returns seconds
 * @throws GptError `usage` for anything else
 */
export function duration(text: string): number {
  const [, count, unit = ""] = /^(\d+\.?\d*|\.\d+)(ms|[smh])?$/.exec(text.trim()) ?? [];
  const seconds = units[unit];
  if (count === undefined || seconds === undefined) {
    throw expected("a time such as 30s, 500ms, 2m or 1h", text);
  }
  return Number(count) * seconds;
}
