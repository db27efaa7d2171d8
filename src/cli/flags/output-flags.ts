/** Output flags of several verbs. */
import { colorWishes } from "../terminal/style.ts";
import { flagGroup, oneOf, path, toggle, value } from "./flags.ts";

export const colorFlag = flagGroup("Output:", {
  color: value(
    oneOf(...colorWishes),
    "Colours: auto, always, or never as with --no-color [auto: on a terminal, without NO_COLOR]",
    {
      shorthands: { "no-color": "never" },
    },
  ),
});

export const jsonFlag = (describe = "One line of JSON") => toggle(describe);

export const quietFlag = (describe: string) => toggle(describe, { alias: "q" });

/** @param describe what is written, and where */
export const outputFlag = (describe: string) => value(path, describe, { alias: "o" });

export const completeFileFlag = {
  ...outputFlag("Write to a file, which is there once it is complete [standard output: -]"),
  inherited: false,
};
