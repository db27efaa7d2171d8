/** Flags of `gpt prompt`: those of `gpt generate`, and which prompt. */
import type { Conflict } from "../../flags/conflicts.ts";
import { flagGroup, oneOf, text, value } from "../../flags/flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { isBatch } from "../generate/batch/flags.ts";
import { generateConflicts } from "../generate/conflicts.ts";
import { generateFlags } from "../generate/flags.ts";

const own = { inherited: false };

export const promptFlags = {
  ...flagGroup("Prompt:", {
    action: value(oneOf("list", "show", "run"), "What to do: list, show or run", own),
    name: value(text, "A name that list shows, or a file NAME.json", own),
  }),
  ...generateFlags,
};

export type PromptArguments = ParsedFlags<typeof promptFlags>;

export const promptConflicts = (args: PromptArguments): readonly Conflict[] => [
  ...generateConflicts(args),
  ...(["shots", "cot", "ids", "interactive"] as const).map((flag) => ({
    holds: args[flag] !== undefined,
    flags: [flag],
    problem: `--${flag} has no meaning for gpt prompt: the prompt is a template's`,
  })),
  { holds: isBatch(args), flags: ["lines", "jsonl"], problem: "gpt prompt runs one input at a time" },
];
