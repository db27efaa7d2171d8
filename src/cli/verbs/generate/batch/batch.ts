/** `gpt generate` for many prompts: a line in, a line of JSON out, in the same order. */

import { openSessionPool } from "../../../../engine/session-pool.ts";
import { GptError } from "../../../../errors.ts";
import type { JsonObject } from "../../../../files/json.ts";
import type { Line } from "../../../../files/lines.ts";
import { findModel } from "../../../../hub/find-model.ts";
import { Answerer } from "../../../../text/batch/answer.ts";
import { remainingLines } from "../../../../text/batch/remaining-lines.ts";
import { parseLine } from "../../../../text/batch/request.ts";
import { mapInOrder } from "../../../../text/samples/map-in-order.ts";
import { someFailedStatus } from "../../../exit-codes.ts";
import { engineOptions } from "../../../flags/model-flags.ts";
import { partRecord } from "../../../part-record.ts";
import type { BatchInput } from "../../../terminal/line-input.ts";
import { startProgress } from "../../../terminal/progress.ts";
import { openLines } from "../../../terminal/shard-input.ts";
import { processEscapes } from "../escapes.ts";
import type { GenerateArguments } from "../flags.ts";
import { type LoadedModel, openModel } from "../loaded-model.ts";
import { generationManifest } from "../manifest.ts";
import { layersOf } from "../option-layers.ts";
import { reportModel } from "../report.ts";
import { batchFormat, type LineFormat } from "./flags.ts";
import { readParameters } from "./parameters.ts";
import { Results } from "./results.ts";
import { Tally } from "./tally.ts";

/** Lines under way, for each that runs at a time, while earlier results are awaited. */
const AHEAD = 8;

/**
 * Answers every line of the input; the exit status says whether some of them failed. A run that ends early,
 * by a signal or a full disk, has written whole lines and says how to go on.
 *
 * @throws GptError for faults that are not of a single line; the signal's reason once it is aborted
 */
export async function runBatch(
  args: GenerateArguments,
  signal: AbortSignal,
  warned: AbortSignal,
): Promise<void> {
  const format = batchFormat(args);
  const { quiet = false, verbose = 0, echo = false, resume, output } = args;
  const path = findModel(args.model);
  const chat = args.chat ? await import("../chat.ts") : undefined;
  const openPrompts = await chat?.openChat(args);
  await using input = await openLines(args);
  await using results = await Results.open(resume ?? output, resume !== undefined, input.stats);
  const part = partRecord({ verb: "generate", kind: "lines", flags: args }, input, results.path);
  const unwarned = AbortSignal.any([signal, warned]);
  await using loaded = await openModel(path, args, unwarned);
  const layers = layersOf(args, loaded.draft?.model);
  const resolved = loaded.model.resolveOptions(layers);
  reportModel(loaded, [], resolved, args);

  const prompts = openPrompts?.(loaded.model);
  const parsePlain = parserOf(format, args.escape ?? false, loaded);
  const parse = prompts && chat ? chat.chatParser(parsePlain, prompts, args.system) : parsePlain;
  const pool = openSessionPool(loaded.model, args.parallel);
  const answerer = new Answerer(loaded, pool, {
    parse,
    readOptions: readParameters,
    resolve: (own) => loaded.model.resolveOptions({ ...layers, typed: { ...layers.typed, ...own } }).options,
    echo,
    shared: results.path === undefined ? undefined : sharedSettings(args),
    signal,
    warned,
  });
  const hidden = quiet || results.isOnTerminal;
  const total = hidden ? undefined : await input.count(unwarned);
  await input.ready(unwarned);
  const tally = new Tally(results.kept);
  await part?.begin(tally.lines > 0);
  const lines = await linesToAnswer(input, results, answerer, unwarned);
  const answers = mapInOrder(lines, AHEAD * pool.size, (line) => answerer.answer(line));
  let manifest =
    args.manifest && input.before + tally.lines === 0
      ? await generationManifest(loaded, path, resolved, args)
      : undefined;
  try {
    using progress = startProgress(total, "lines", hidden);
    progress.advance(tally.lines);
    for await (const { json, sample } of answers) {
      await results.write(withManifest(json, manifest));
      manifest = undefined;
      tally.add(sample);
      progress.advance(tally.lines);
    }
  } catch (error) {
    if (!quiet && (unwarned.aborted || results.path !== undefined)) note(tally.stopped(results.path));
    throw error;
  }
  await part?.end();
  if (tally.failed > 0) process.exitCode = someFailedStatus;
  if (verbose > 0 || (tally.failed > 0 && !quiet)) note(tally.finished());
}

/** @param json a line with an object */
const withManifest = (json: string, manifest: object | undefined): string =>
  manifest === undefined ? json : json.replace(/\}\n$/, () => `,"manifest":${JSON.stringify(manifest)}}\n`);

const note = (line: string): void => void process.stderr.write(`${line}\n`);

function parserOf(
  format: LineFormat,
  escapes: boolean,
  { model }: LoadedModel,
): (text: string) => JsonObject {
  if (format === "jsonl") return parseLine;
  if (model.hasTokenizer) return (text) => ({ prompt: escapes ? processEscapes(text) : text });
  const advice = 'give ids, a line {"ids": [1, 2]} each, with --jsonl';
  throw new GptError("usage", `--lines are texts, and this model came without tokenizer files: ${advice}`);
}

/** Torn results are dropped only once it is certain that results and input belong together. */
async function linesToAnswer(
  input: BatchInput,
  results: Results,
  answerer: Answerer,
  signal: AbortSignal,
): Promise<AsyncIterable<Line>> {
  const lines = input.lines(signal);
  const { path } = results;
  if (path === undefined) return lines;
  const { kept } = results;
  const remaining = await remainingLines(
    lines,
    { path, kept, keptResults: () => results.keptResults() },
    answerer,
  );
  await results.begin();
  return remaining;
}

/**
 * Flags beside the options of generation that change the texts. Threads and kernels change rounding at most.
 */
function sharedSettings(args: GenerateArguments): object {
  const { contextSize, quantization, kvCache, adapters } = engineOptions(args);
  return { contextSize, quantization, kvCache, adapters };
}
