/** `gpt generate --interactive`: loads the model and opens the REPL, with the prompt as its first input. */
import { findModel } from "../../../hub/find-model.ts";
import type { GenerateArguments } from "./flags.ts";
import { runRepl } from "./interactive/repl.ts";
import { openModel } from "./loaded-model.ts";
import { layersOf } from "./option-layers.ts";
import { findPrompt } from "./prompt.ts";
import { reportModel } from "./report.ts";

/** @throws GptError as `continuePrompt` and `runRepl` */
export async function openConversation(args: GenerateArguments, signal: AbortSignal): Promise<void> {
  const path = findModel(args.model);
  const prompt = await findPrompt({ ...args, noStdin: true }, signal);
  await using loaded = await openModel(path, args, signal);
  const resolved = loaded.model.resolveOptions(layersOf(args, loaded.draft?.model));
  reportModel(loaded, prompt ?? "", resolved, args);
  const { options } = resolved;
  const { color, quiet, verbose } = args;
  await runRepl(loaded, { prompt, options, color, quiet, verbose }, signal);
}
