/** What was given for each flag, wherever that was: command line, environment and config file in one form. */
import type { Flags } from "./flags.ts";

export interface Given {
  /** What an error calls the place: `--temp`, `GPT_TEMP`, `my.json: temp`. */
  readonly origin: string;
  /** One after the other, as text. A switch has an empty one for each time it is on, and none where it is off. */
  readonly values: readonly string[];
  /** Whether the environment or a config file gave it, not the command line. */
  readonly inherited: boolean;
}

/** By the flags' own names. */
export type Givens = ReadonlyMap<string, Given>;

/** The sources as one: what a later one gives for a flag takes the place of what an earlier one does. */
export const layered = (...sources: readonly Givens[]): Givens =>
  new Map(sources.flatMap((source) => [...source]));

export const inheritedNames = (givens: Givens): ReadonlySet<string> =>
  new Set([...givens].filter(([, { inherited }]) => inherited).map(([name]) => name));

/** The one spelling that yargs reads without guessing: `--flag value ...`. */
export function toArguments(givens: Givens, flags: Flags): string[] {
  return [...givens].flatMap(([name, { values }]) =>
    values.flatMap((value) => (flags[name]?.type === "string" ? [`--${name}`, value] : [`--${name}`])),
  );
}
