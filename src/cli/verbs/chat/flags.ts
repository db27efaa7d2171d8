/** Flags of `gpt chat`. */
import { systemFlag, templateFlags } from "../../flags/chat-flags.ts";
import { count, flagGroup, oneOf, path, text, toggle, value } from "../../flags/flags.ts";
import { engineFlags, modelFlag, pullFlag } from "../../flags/model-flags.ts";
import { colorFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { samplingFlags } from "../../flags/sampling-flags.ts";

export const chatFlags = {
  ...flagGroup("Chat:", {
    prompt: value(text, "The first message; more are typed, or piped in as lines", {
      alias: "p",
      inherited: false,
    }),
  }),
  ...systemFlag,
  ...templateFlags,
  ...flagGroup("Chat:", {
    continue: value(
      path,
      "Go on with the conversation in FILE, a line of JSON for each message, and keep it there; last: with the last one",
      {
        inherited: false,
      },
    ),
    private: toggle("Keep no file of what is said at a terminal"),
    tools: value(
      path,
      "A file with functions that the model may call, as JSON schemas; their commands run if you say yes",
      { inherited: false },
    ),
    reasoning: value(
      oneOf("show", "hide", "off"),
      "What the model thinks before it answers: show it dim, hide it, or ask the template for none [show]",
    ),
    "show-prompt": toggle(
      "Show each prompt on standard error: the template's text dim, each author in a colour",
    ),
  }),
  ...modelFlag,
  ...pullFlag,
  ...engineFlags,
  ...samplingFlags,
  ...colorFlag,
  ...flagGroup("Output:", {
    quiet: toggle("No spinner and no notes on standard error", { alias: "q" }),
    verbose: count("Rates, seed and why it ended, on standard error", { alias: "v" }),
  }),
};

export type ChatArguments = ParsedFlags<typeof chatFlags>;
