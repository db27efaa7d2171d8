/** `gpt generate --interactive`: what stands before the first line that somebody types. */
import { findModel } from "../../../hub/find-model.ts";
import { effectiveOptions, rankedOptions } from "./effective-options.ts";
import type { GenerateArguments } from "./flags.ts";
import { converse } from "./interactive/converse.ts";
import { openModel } from "./loaded-model.ts";
import { findPrompt } from "./prompt.ts";
import { reportModel } from "./report.ts";

/** @throws GptError as `continuePrompt` and `converse` */
export async function openConversation(args: GenerateArguments, signal: AbortSignal): Promise<void> {
  const path = findModel(args.model);
  const prompt = await findPrompt({ ...args, noStdin: true }, signal);
  await using loaded = await openModel(path, args, signal);
  const options = effectiveOptions(rankedOptions(args, loaded.draft?.model), loaded.model);
  reportModel(loaded, prompt ?? "", options, args);
  const { color, quiet, verbose } = args;
  await converse(loaded, { prompt, options, color, quiet, verbose }, signal);
}
