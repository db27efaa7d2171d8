/** Flags as environment variables: `GPT_TOP_K=20` for `--top-k 20`. An empty variable is none. */
import { expected, type Flag, type Flags, inheritable, longNames, naming } from "./flags.ts";
import type { RawFlag, RawFlags } from "./raw-flags.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export const variableName = (flag: string): string => `GPT_${flag.toUpperCase().replaceAll("-", "_")}`;

/** @throws GptError `usage` for a switch that is neither on nor off */
export function flagsFromEnvironment(flags: Flags, environment: Environment): RawFlags {
  const raw = new Map<string, RawFlag>();
  for (const [long, name] of longNames(inheritable(flags))) {
    const origin = variableName(long);
    const text = environment[origin];
    const flag = flags[name];
    if (!text || flag === undefined) continue;
    raw.set(name, { origin, values: naming(origin, valuesOf(flag))(text), source: "environment" });
  }
  return raw;
}

const valuesOf =
  ({ type, repeatable }: Flag) =>
  (text: string): readonly string[] => {
    if (type === "string") return (repeatable && listOfTexts(text)) || [text];
    const times = type === "count" && /^\d$/.test(text) ? Number(text) : Number(isOn(text));
    return Array<string>(times).fill("");
  };

/** The texts of a JSON list `["The End", "\\n"]`; undefined for any other text, such as `[INST]`. */
function listOfTexts(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
    return isList ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @throws GptError `usage` for a text that is neither yes nor no */
export function isOn(text: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw expected("1, true, yes or on, or 0, false, no or off", text);
}
