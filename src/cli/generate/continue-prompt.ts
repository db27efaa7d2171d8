/** One prompt: read, continued, written. */
import { GptError } from "../../errors.ts";
import type { GenerateOptions } from "../../generate/options.ts";
import type { LanguageModel } from "../../language-model.ts";
import { findModel } from "../../model-path.ts";
import { type Destination, openDestination } from "../terminal/destination.ts";
import { counted } from "../terminal/format.ts";
import { sourceStats } from "../terminal/input.ts";
import { startSpinner } from "../terminal/spinner.ts";
import { outputStyle } from "./conflicts.ts";
import { effectiveOptions, rankedOptions } from "./effective-options.ts";
import type { GenerateArguments } from "./flags.ts";
import { openModel } from "./loaded-model.ts";
import { type Prompt, readPrompt } from "./prompt.ts";
import { reportModel, reportSample } from "./report.ts";
import {
  drawing,
  type Sample,
  type SampleRequest,
  sampleRequests,
  takeSample,
  textOfPrompt,
} from "./sample.ts";
import { jsonWriter, type SampleWriter, TextWriter } from "./writers.ts";

/**
 * Writes what is asked for. Whatever can be refused is refused before the model is loaded; when the signal is aborted,
 * the text so far stays.
 *
 * @throws GptError for what its user can mend
 */
export async function continuePrompt(args: GenerateArguments, signal: AbortSignal): Promise<void> {
  const path = findModel(args.model);
  await using destination = await openDestination(args.output, args.ids ? undefined : sourceStats(args));
  const prompt = await readPrompt(args, signal);

  await using loaded = await openModel(path, args, signal);
  const { model } = loaded;
  const options = { ...optionsFor(model, args), signal };
  reportModel(loaded, prompt, options, args);
  const writer = args.json
    ? jsonWriter(destination.output, loaded)
    : new TextWriter(destination.output, outputStyle(args), !args.noStream);
  const request = requestFor(prompt, model, options, args);
  let wrote = false;
  for (const next of sampleRequests(model, request, args.samples ?? 1)) {
    const sample = await writeSample(next, model, writer, destination, args);
    wrote ||= sample.text !== "" || args.json === true;
    if (signal.aborted) break;
  }
  if (wrote || !signal.aborted) await destination.keep();
}

function optionsFor(model: LanguageModel, args: GenerateArguments): GenerateOptions {
  const { typed, inherited } = rankedOptions(args);
  const options = effectiveOptions({ typed: drawing(typed, args.samples ?? 1), inherited }, model);
  const asksForPrompt = options.logprobs !== undefined && args.json === true && args.echo === true;
  return asksForPrompt ? { ...options, promptLogprobs: true } : options;
}

function requestFor(
  prompt: Prompt,
  model: LanguageModel,
  options: GenerateOptions,
  { echo }: GenerateArguments,
): SampleRequest {
  if (typeof prompt === "string" && !model.hasTokenizer) {
    throw new GptError("not-found", "this model came without tokenizer files: give ids, as --ids 1,2,3");
  }
  const promptIds = model.promptIds(prompt, { parseSpecial: options.parseSpecial ?? false });
  return { promptIds, options, ...(echo ? { echo: textOfPrompt(prompt, model) } : {}) };
}

async function writeSample(
  request: SampleRequest,
  model: LanguageModel,
  writer: SampleWriter,
  { isStandardOutput }: Destination,
  args: GenerateArguments,
): Promise<Sample> {
  const { length } = request.promptIds;
  using spinner = startSpinner(`reading the prompt, ${counted(length, "token")}`, args.quiet, args.color);
  let tokens = 0;
  const sample = await takeSample(model, request, async (text, token) => {
    if (writer.isLive && isStandardOutput) spinner.stop();
    else if (token !== undefined) spinner.say(counted(++tokens, "token"));
    await writer.add(text, token);
  });
  spinner.stop();
  await writer.end(sample);
  reportSample(sample, model, args);
  return sample;
}
