/** Lengths of time as people type them. */
import { expected } from "../flags.ts";

/** In seconds. A number without a unit is seconds. */
const units: Readonly<Record<string, number>> = { ms: 1e-3, "": 1, s: 1, m: 60, h: 3600 };

/** A count and its unit, right behind the one before; without a unit at the end alone. */
const part = /(\d+\.?\d*|\.\d+)(ms|[smh]|$)/gy;

/**
 * Reads `30s`, `500ms`, `1m30s`, `1h`, `1.5`.
 *
 * @returns seconds
 * @throws GptError `usage` for anything else
 */
export function duration(text: string): number {
  const parts = [...text.trim().matchAll(part)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== text.trim()) {
    throw expected("a time such as 30s, 500ms, 1m30s or 1h", text);
  }
  return parts.reduce((seconds, [, count, unit = ""]) => seconds + Number(count) * (units[unit] ?? 1), 0);
}
