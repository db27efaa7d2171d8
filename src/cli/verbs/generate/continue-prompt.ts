/** One prompt: read, continued, written. */

import { openSessionPool } from "../../../engine/session-pool.ts";
import { GptError } from "../../../errors.ts";
import type { GenerateOptions } from "../../../generate/options/options.ts";
import type { ResolvedOptions } from "../../../generate/options/resolve-options.ts";
import { findModel } from "../../../hub/find-model.ts";
import type { LanguageModel } from "../../../library/language-model.ts";
import { mapInOrder } from "../../../text/samples/map-in-order.ts";
import { RunningSample } from "../../../text/samples/running-sample.ts";
import {
  drawing,
  type Sample,
  type SampleRequest,
  sampleRequests,
  textOfPrompt,
} from "../../../text/samples/sample.ts";
import type { Prompt } from "../../../text/text-model.ts";
import { type Destination, openDestination } from "../../terminal/destination.ts";
import { counted } from "../../terminal/format.ts";
import { readSource, sourceStats } from "../../terminal/input.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import type { Style } from "../../terminal/style.ts";
import { outputStyle } from "./conflicts.ts";
import type { GenerateArguments } from "./flags.ts";
import { type LoadedModel, openModel } from "./loaded-model.ts";
import { generationManifest } from "./manifest.ts";
import { layersOf } from "./option-layers.ts";
import { programmed } from "./program.ts";
import { readPrompt } from "./prompt.ts";
import { reportModel, reportSample } from "./report.ts";
import { sayShare } from "./say-share.ts";
import { VoteWriter } from "./vote-writer.ts";
import { jsonWriter, legend, type SampleWriter, TextWriter } from "./writers.ts";

/** Texts under way, for each that runs at a time, while earlier ones are written. */
const AHEAD = 4;

/**
 * Writes the samples. Everything that can be refused before the model is loaded is refused before. Once the
 * signal is aborted, the text so far stays.
 *
 * @throws GptError for faults that the user can mend
 */
export async function continuePrompt(args: GenerateArguments, signal: AbortSignal): Promise<void> {
  const path = findModel(args.model);
  const chat = args.chat ? await import("./chat.ts") : undefined;
  const openPrompts = await chat?.openChat(args);
  await using destination = await openDestination(args.output, args.ids ? undefined : sourceStats(args));
  let piped: string | undefined;
  const read = async () => {
    const other = await readSource(args, signal);
    if (args.file === undefined || args.file === "-") piped = other;
    return other;
  };
  const prompt = await programmed(await readPrompt(args, signal, read), args);

  await using loaded = await openModel(path, args, signal);
  const { model } = loaded;
  const chats = openPrompts?.(model);
  const resolved = resolveFor(loaded, args, chats?.endOfTurn);
  reportModel(loaded, prompt, resolved, args);
  const options = { ...resolved.options, signal };
  const style = outputStyle(args);
  if (options.logprobs !== undefined && !args.json && style.enabled && process.stderr.isTTY && !args.quiet) {
    process.stderr.write(`${legend(style)}\n`);
  }
  const manifest = args.manifest ? await generationManifest(loaded, path, resolved, args, piped) : undefined;
  const writer = writerFor(destination, loaded, style, args, manifest);
  const message = chats && chat?.messageIds(chats, textOfPrompt(prompt, model), args.system);
  const request = requestFor(message ?? prompt, model, options, args);
  const pool = openSessionPool(model, args.parallel);
  const requests = sampleRequests(request, samplesOf(args));
  const start = async (next: SampleRequest) => new RunningSample(model, pool, next);
  let wrote = false;
  for await (const running of mapInOrder(requests, AHEAD * pool.size, start)) {
    if (signal.aborted && wrote && running.tokens === 0) break;
    const sample = await writeSample(running, model, writer, destination, args);
    wrote ||= sample.text !== "" || args.json === true;
  }
  if (!signal.aborted) await writer.finish?.();
  if (wrote || !signal.aborted) await destination.keep();
}

const samplesOf = ({ samples, vote }: GenerateArguments): number => vote ?? samples ?? 1;

function writerFor(
  { output }: Destination,
  loaded: LoadedModel,
  style: Style,
  args: GenerateArguments,
  manifest: object | undefined,
): SampleWriter {
  if (args.vote !== undefined) return new VoteWriter(output, loaded, args, manifest);
  return args.json ? jsonWriter(output, loaded, manifest) : new TextWriter(output, style, !args.noStream);
}

/** Several samples are drawn, and an echoed prompt has log-probabilities too. */
function resolveFor(
  { model, draft }: LoadedModel,
  args: GenerateArguments,
  endOfTurn: readonly string[] = [],
): ResolvedOptions {
  const layers = layersOf(args, draft?.model);
  const asked = drawing(layers.typed ?? {}, samplesOf(args));
  const typed = endOfTurn.length === 0 ? asked : { ...asked, stop: [...(asked.stop ?? []), ...endOfTurn] };
  const resolved = model.resolveOptions({ ...layers, typed });
  const asksForPrompt = resolved.options.logprobs !== undefined && args.json && args.echo;
  if (!asksForPrompt) return resolved;
  return model.resolveOptions({ ...layers, typed: { ...typed, promptLogprobs: true } });
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
  const promptIds = model.promptIds(prompt, options);
  return { promptIds, options, ...(echo ? { echo: textOfPrompt(prompt, model) } : {}) };
}

async function writeSample(
  running: RunningSample,
  model: LanguageModel,
  writer: SampleWriter,
  { isStandardOutput }: Destination,
  args: GenerateArguments,
): Promise<Sample> {
  const reading = `reading the prompt, ${counted(running.promptIds.length, "token")}`;
  using spinner = startSpinner(reading, args.quiet, args.color);
  using share = sayShare(spinner, reading, () => running.readShare);
  let tokens = 0;
  for await (const [text, token] of running.pieces) {
    if (token !== undefined) share.stop();
    if (writer.isLive && isStandardOutput) spinner.stop();
    else if (token !== undefined) spinner.say(counted(++tokens, "token"));
    await writer.add(text, token);
  }
  const sample = await running.sample;
  spinner.stop();
  await writer.end(sample);
  reportSample(sample, model, args);
  return sample;
}
