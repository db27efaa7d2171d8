/** One prompt: read, continued, written. */
import { GptError } from "../../errors.ts";
import type { GenerateOptions } from "../../generate/options.ts";
import type { LanguageModel } from "../../language-model.ts";
import { findModel } from "../../model-path.ts";
import { generateOptions } from "../arguments/sampling-flags.ts";
import { type Destination, openDestination } from "../terminal/destination.ts";
import { thousands } from "../terminal/format.ts";
import { startSpinner } from "../terminal/spinner.ts";
import { type Style, styleFor } from "../terminal/style.ts";
import type { GenerateArguments } from "./flags.ts";
import { openModel } from "./loaded-model.ts";
import { type Prompt, readPrompt } from "./prompt.ts";
import { reportModel, reportSample } from "./report.ts";
import {
  refuseBeams,
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
  await using destination = await openDestination(args.output);
  const style = styleOf(destination, args);
  const options = { ...checkedOptions(args, style), signal };
  const prompt = await readPrompt(args, signal);

  await using loaded = await openModel(path, args, signal);
  const { model } = loaded;
  reportModel(loaded, prompt, options, args);
  const writer = args.json
    ? jsonWriter(destination.output, loaded)
    : new TextWriter(destination.output, style, !args.noStream);
  const request = requestFor(prompt, model, options, args);
  let wrote = false;
  for (const next of sampleRequests(model, request, args.samples ?? 1)) {
    const sample = await writeSample(next, model, writer, destination, args);
    wrote ||= sample.text !== "" || args.json === true;
    if (signal.aborted) break;
  }
  if (wrote || !signal.aborted) await destination.keep();
}

/** Colours are for eyes: a file has them only where they are asked for. */
const styleOf = ({ isStandardOutput }: Destination, { color }: GenerateArguments): Style =>
  isStandardOutput ? styleFor(process.stdout, color) : styleFor({}, color ?? "never");

function checkedOptions(args: GenerateArguments, style: Style): GenerateOptions {
  const options = generateOptions(args);
  refuseBeams(args.samples ?? 1, options);
  if (options.logprobs === undefined) return options;
  if (args.json) return { ...options, promptLogprobs: args.echo === true };
  if (style.enabled) return options;
  throw new GptError("usage", "--logprobs: give --json too, or --color always to see them as colours");
}

function requestFor(
  prompt: Prompt,
  model: LanguageModel,
  options: GenerateOptions,
  { echo }: GenerateArguments,
): SampleRequest {
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
  using spinner = startSpinner(`reading the prompt, ${thousands(length)} tokens`, args.quiet, args.color);
  let tokens = 0;
  const sample = await takeSample(model, request, async (text, token) => {
    if (writer.isLive && isStandardOutput) spinner.stop();
    else if (token !== undefined) spinner.say(`${thousands(++tokens)} tokens`);
    await writer.add(text, token);
  });
  spinner.stop();
  await writer.end(sample);
  reportSample(sample, model, args);
  return sample;
}
