/** `gpt train`: from flags to a model in a directory. */
import { multiplyAddPeak } from "../../../bench/peaks.ts";
import { GptError } from "../../../errors.ts";
import { lastingName } from "../../../hub/find-model.ts";
import { modelName } from "../../../hub/model-name.ts";
import { RunDirectory } from "../../../train/run/run-directory.ts";
import { tokenizeShard } from "../../../train/run/tokenize-shard.ts";
import { trainRun } from "../../../train/run/train-run.ts";
import { isConnected } from "../../terminal/input.ts";
import { commandLine, repetition, useOf } from "./command-line.ts";
import { Display } from "./display.ts";
import type { TrainArguments } from "./flags.ts";
import { resumedArguments, savedFlags } from "./saved-flags.ts";

/**
 * Writes nothing on standard output. A signal saves and ends the run.
 *
 * @throws GptError for errors that the user can mend; the signal's reason when it is aborted
 */
export async function train(given: TrainArguments, signal: AbortSignal): Promise<void> {
  const start = performance.now();
  const directory = directoryOf(given);
  const { path } = directory;
  const { shard } = given;
  if (shard !== undefined) {
    using display = new Display(path, given);
    return await tokenizeShard({ request: given, shard, directory: path, observer: display, signal });
  }
  using _ = given.resume === undefined ? await directory.claim() : await directory.reclaim();
  const args = await settledArguments(given, directory);
  using display = new Display(path, args);
  const run = await trainRun({
    request: args,
    directory,
    isResumed: given.resume !== undefined,
    start,
    input: isConnected(0) ? process.stdin : undefined,
    settingsOf: savedFlags,
    names: {
      name: modelName(path),
      command: commandLine(args.resume === undefined ? process.argv.slice(2) : repetition(args, path)),
      use: useOf(args, path),
    },
    measurePeak: ({ simd, threads }) => multiplyAddPeak(simd, threads),
    observer: display,
    signal,
  });
  display.finished(run, useOf(args, path));
}

/** @throws GptError `usage` without a directory */
function directoryOf({ output, resume }: TrainArguments): RunDirectory {
  const path = resume ?? output;
  if (path === undefined) throw new GptError("usage", "where to? -o DIRECTORY says it");
  return new RunDirectory(path);
}

/**
 * Arguments with a name of --init that holds in any directory. A resumed run has the arguments that it began
 * with.
 */
async function settledArguments(given: TrainArguments, directory: RunDirectory): Promise<TrainArguments> {
  const args = given.init === undefined ? given : { ...given, init: lastingName(given.init) };
  if (args.resume === undefined) return args;
  return resumedArguments(args, await directory.settings(), directory.settingsFile);
}
