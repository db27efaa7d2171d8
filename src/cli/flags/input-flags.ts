/** Flags for text that is not on the command line. */

import type { Conflict } from "./conflicts.ts";
import { flagGroup, path, toggle, value } from "./flags.ts";
import type { ParsedFlags } from "./parsed-flags.ts";

export const inputFlags = flagGroup("Input:", {
  file: value(
    path,
    "Read a file instead of standard input (-). A line feed at the end of either is left out",
    {
      alias: "f",
      inherited: false,
    },
  ),
  "no-stdin": toggle("Do not read standard input"),
});

export const inputConflicts = ({ file, noStdin }: ParsedFlags<typeof inputFlags>): readonly Conflict[] => [
  {
    holds: file === "-" && noStdin,
    flags: ["no-stdin"],
    problem: "--file - is standard input: not with --no-stdin",
  },
];
