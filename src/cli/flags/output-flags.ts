/** Output flags of several verbs. */
import { colorWishes } from "../terminal/style.ts";
import { flagGroup, oneOf, value } from "./flags.ts";

export const colorFlag = flagGroup("Output:", {
  color: value(
    oneOf(...colorWishes),
    "Colours: auto, always, or never as with --no-color [auto: on a terminal, without NO_COLOR]",
    {
      shorthands: { "no-color": "never" },
    },
  ),
});
