/** Flags that say where text comes from that is not on the command line. */
import { flagGroup, path, toggle, value } from "./flags.ts";

export const inputFlags = flagGroup("Input:", {
  file: value(path, "Read a file instead of standard input (-)", { alias: "f", inherited: false }),
  "no-stdin": toggle("Do not read standard input"),
});
