/** A short name for the settings of a result: a batch that is resumed must go on with the same ones. */
import { createHash } from "node:crypto";
import type { GenerateOptions } from "../../generate/options/options.ts";
import { defaults } from "../../generate/options/settings.ts";

/** Options that do not change the text. */
const WITHOUT_EFFECT = new Set(["signal", "lookup", "draft", "draftMax"]);

/** Hexadecimal digits; equal settings by chance once in 2^48. */
const DIGITS = 12;

/**
 * A default that is spelled out changes nothing, and neither does an option that a later version adds.
 *
 * @param shared facts beside the options, such as the model's name
 */
export function fingerprint(options: GenerateOptions, shared: object): string {
  const usual = new Set(Object.entries(defaults).map(setting));
  const settings = Object.entries({ ...options, ...shared })
    .filter(([name, value]) => value !== undefined && !WITHOUT_EFFECT.has(name))
    .map(setting)
    .filter((text) => !usual.has(text))
    .sort();
  return createHash("sha256").update(settings.join()).digest("hex").slice(0, DIGITS);
}

const setting = ([name, value]: readonly [string, unknown]): string => `${name}:${jsonOf(value)}`;

/** JSON has no Map and no -Infinity, which bans a token. */
const jsonOf = (value: unknown): string =>
  JSON.stringify(value instanceof Map ? [...value] : value, (_, part: unknown) =>
    part === -Infinity ? "-inf" : part,
  );
