/** The flag that opens a conversation with the text. */
import { flagGroup, toggle } from "../../../flags/flags.ts";

export const interactiveFlags = flagGroup("Prompt:", {
  interactive: toggle("Write the text together with the model, turn by turn; /help lists the commands", {
    alias: "i",
  }),
});
