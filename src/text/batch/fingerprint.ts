/** A short name for the settings of a result: a batch that is resumed must go on with the same ones. */
import { createHash } from "node:crypto";
import type { GenerateOptions } from "../../generate/options/options.ts";

/** Options that do not change the text. */
const WITHOUT_EFFECT = new Set(["signal", "lookup", "draft", "draftMax"]);

/** Hexadecimal digits; equal settings by chance once in 2^48. */
const DIGITS = 12;

/** @param shared facts beside the options, such as the model's name */
export function fingerprint(options: GenerateOptions, shared: object): string {
  const settings = [...Object.entries(options), ...Object.entries(shared)]
    .filter(([name, value]) => value !== undefined && value !== false && !WITHOUT_EFFECT.has(name))
    .map(([name, value]) => [name, value instanceof Map ? [...value] : value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(settings, named)).digest("hex").slice(0, DIGITS);
}

/** JSON has no -Infinity, which bans a token. */
const named = (_name: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
