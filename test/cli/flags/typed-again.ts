import type { Flags } from "../../../src/cli/flags/flags.ts";
import type { RawFlags } from "../../../src/cli/flags/raw-flags.ts";

/** Flags in one spelling: `--flag value ...`. */
export const typedAgain = (raw: RawFlags, flags: Flags): string[] =>
  [...raw].flatMap(([name, { values }]) =>
    values.flatMap((value) => (flags[name]?.type === "string" ? [`--${name}`, value] : [`--${name}`])),
  );
