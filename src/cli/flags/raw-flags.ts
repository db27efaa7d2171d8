/** Texts of flags: the command line, the environment and a config file in one form. */

export interface RawFlag {
  /** The place as an error names it: `--temp`, `GPT_TEMP`, `my.json: temp`. */
  readonly origin: string;
  /**
   * One text for each time the flag is given. A switch has an empty one for each time it is on, and none when
   * it is off.
   */
  readonly values: readonly string[];
  readonly source: Source;
}

export type Source = "typed" | "environment" | "file";

/** By the flags' own names. */
export type RawFlags = ReadonlyMap<string, RawFlag>;

/** One layer over another: a flag of a later layer replaces the same flag of an earlier one. */
export const layered = (...layers: readonly RawFlags[]): RawFlags =>
  new Map(layers.flatMap((layer) => [...layer]));
