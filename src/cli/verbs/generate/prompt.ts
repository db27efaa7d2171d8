/** The prompt of `gpt generate`: a text from the command line, a file or standard input, or token ids. */
import { GptError } from "../../../errors.ts";
import type { Prompt } from "../../../text/text-model.ts";
import { flagGroup, text, toggle, value } from "../../flags/flags.ts";
import { inputFlags } from "../../flags/input-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { parseIds } from "../../flags/values/ids.ts";
import { noText, readSource, type Source } from "../../terminal/input.ts";
import { processEscapes } from "./escapes.ts";

export const promptFlags = flagGroup("Prompt:", {
  prompt: value(text, "The text to continue. What is piped in goes before it, or where it says {stdin}", {
    alias: "p",
    inherited: false,
    dash: "file",
  }),
  ...inputFlags,
  ids: value(parseIds, "Token ids to continue instead of a text: 1,2,3", { inherited: false }),
  escape: toggle("Process \\n \\t \\r \\\\ \\\" \\' \\xHH \\u{...} in the prompt, wherever it is from", {
    alias: "e",
  }),
});

type PromptArguments = ParsedFlags<typeof promptFlags> & Source;

/** Reads what is not on the command line: a file, or standard input. */
type Read = () => Promise<string | undefined>;

/**
 * Reads the prompt that the flags name.
 *
 * @throws GptError `usage` for no prompt, or two that exclude each other, and as `readSource`
 */
export async function readPrompt(args: PromptArguments, signal: AbortSignal, read?: Read): Promise<Prompt> {
  return (await findPrompt(args, signal, read)) ?? noText('gpt generate "Once upon a time"');
}

/** @returns undefined for no prompt. @throws as `readPrompt` otherwise */
export async function findPrompt(
  args: PromptArguments,
  signal: AbortSignal,
  readOther: Read = () => readSource(args, signal),
): Promise<Prompt | undefined> {
  const { prompt, file, ids } = args;
  if (ids !== undefined) {
    if (prompt === undefined && file === undefined) return ids;
    throw new GptError("usage", "give a text or --ids, not both");
  }
  const meant = args.escape ? processEscapes : text;
  const given = prompt === undefined ? undefined : meant(prompt);
  const read = meant((await readOther()) ?? "");
  if (given !== undefined) return combine(given, read, args.noStdin === true);
  // An empty pipe is no prompt; a named file that is empty is one.
  return read === "" && file === undefined ? undefined : read;
}

const PLACEHOLDER = "{stdin}";

/** @param literal whether {stdin} stands for itself if nothing was read */
export function combine(prompt: string, read: string, literal: boolean): string {
  const named = prompt.includes(PLACEHOLDER);
  if (read !== "") return named ? prompt.replaceAll(PLACEHOLDER, () => read) : `${read}\n${prompt}`;
  if (!named || literal) return prompt;
  throw new GptError(
    "usage",
    `${PLACEHOLDER} stands for what is piped in, which is empty; --no-stdin keeps it as it is`,
  );
}
