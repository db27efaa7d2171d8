/** `gpt generate --interactive`: what stands before the first line that somebody types. */
import { GptError } from "../../errors.ts";
import { findModel } from "../../model-path.ts";
import { generateOptions } from "../arguments/sampling-flags.ts";
import { converse } from "../interactive/converse.ts";
import type { GenerateArguments } from "./flags.ts";
import { openModel } from "./loaded-model.ts";
import { findPrompt } from "./prompt.ts";
import { reportModel } from "./report.ts";

/** @throws GptError as `continuePrompt` and `converse` */
export async function openConversation(args: GenerateArguments, signal: AbortSignal): Promise<void> {
  refuseOutputFlags(args);
  const path = findModel(args.model);
  const prompt = await findPrompt({ ...args, noStdin: true }, signal);
  await using loaded = await openModel(path, args, signal);
  const options = generateOptions(args);
  reportModel(loaded, prompt ?? "", options, args);
  const { color, quiet, verbose } = args;
  await converse(loaded, { prompt, options, color, quiet, verbose }, signal);
}

function refuseOutputFlags(args: GenerateArguments): void {
  const { file, samples = 1, echo, noStream, json, output, logprobs } = args;
  if (file === "-") throw new GptError("usage", "--interactive reads standard input: --file needs a file");
  const flags: readonly (readonly [name: string, isGiven: boolean])[] = [
    ["samples", samples > 1],
    ["echo", echo === true],
    ["no-stream", noStream === true],
    ["json", json === true],
    ["output", output !== undefined],
    ["logprobs", logprobs !== undefined],
  ];
  const [refused] = flags.find(([, isGiven]) => isGiven) ?? [];
  if (refused !== undefined)
    throw new GptError("usage", `--interactive is a conversation: leave --${refused} out`);
}
