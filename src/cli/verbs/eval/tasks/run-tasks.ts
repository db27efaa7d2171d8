/** `gpt eval TASK..`: runs tasks on one model or several. */
import { stat } from "node:fs/promises";
import { basename, dirname, relative } from "node:path";
import { GptError } from "../../../../errors.ts";
import {
  groupResults,
  harnessResults,
  type ModelResults,
  sampleLines,
} from "../../../../evaluate/harness/results.ts";
import {
  type Prepared,
  prepareTask,
  runTask,
  type TaskResult,
} from "../../../../evaluate/harness/run-task.ts";
import type { Source, Task } from "../../../../evaluate/task/definition.ts";
import { readTask } from "../../../../evaluate/task/parse.ts";
import { groups, tasksNamed } from "../../../../evaluate/tasks/table.ts";
import { sha256 } from "../../../../files/sha256.ts";
import { dataCache } from "../../../../hub/data-sets.ts";
import { findModel } from "../../../../hub/find-model.ts";
import { modelName } from "../../../../hub/model-name.ts";
import { blockOf, type Shard, shardName, within } from "../../../../shards/shard.ts";
import { engineOptions } from "../../../flags/model-flags.ts";
import { journalOf } from "../../../journal.ts";
import { load, loadingText } from "../../../load.ts";
import { commandManifest } from "../../../manifest.ts";
import { openDestination } from "../../../terminal/destination.ts";
import { counted } from "../../../terminal/format.ts";
import { Output, printable } from "../../../terminal/output.ts";
import { startProgress } from "../../../terminal/progress.ts";
import { startSpinner } from "../../../terminal/spinner.ts";
import { ACTIONS, type EvalArguments } from "../flags.ts";
import { withChatTemplate } from "./chat-form.ts";
import { resultTable } from "./result-table.ts";
import { type TaskAnswers, TaskJournal } from "./task-journal.ts";

/** @throws GptError as `prepareTask`, `loadModel` and `runTask`; the signal's reason */
export async function runTasks(args: EvalArguments, signal: AbortSignal): Promise<void> {
  const prepared = await prepareAll(args);
  const output = new Output();
  const { shard } = args;
  const isWhole = shard === undefined;
  await using file = args.output && isWhole ? await openDestination(args.output) : undefined;
  await using journal = await TaskJournal.open(args, prepared);
  await using samples = args.logSamples === undefined ? undefined : await openDestination(args.logSamples);
  const all: ModelResults[] = [];
  const written: object[] = [];
  for (const [i, model] of (args.model ?? [undefined]).entries()) {
    const answersOf = (task: string) => journal.answersOf(i, task);
    const { found, facts } = await runModel(model, prepared, args, answersOf, signal);
    all.push(found);
    written.push(harnessResults(found, { ...facts, ...samplesOf(args) }));
    for (const result of found.results) {
      for (const line of sampleLines(result)) await samples?.output.write(`${JSON.stringify(line)}\n`);
      if (!args.quiet) for (const note of notes(result)) process.stderr.write(`${printable(note)}\n`);
    }
  }
  if (!isWhole) {
    await journal.end();
    return args.quiet ? undefined : void process.stderr.write(`${advice(shard)}\n`);
  }
  const lines = written.map((result) => JSON.stringify(result));
  const text = lines.length === 1 ? `${lines[0]}\n` : `[${lines.join(",\n")}]\n`;
  await file?.output.write(text);
  await file?.keep();
  await journal.end();
  await samples?.keep();
  if (args.json) await output.write(text);
  else await output.write(resultTable(all));
}

/** Where the samples are, as seen from the results. */
const samplesOf = ({ output, logSamples }: EvalArguments): object =>
  output === undefined || logSamples === undefined
    ? {}
    : { log_samples: relative(dirname(output), logSamples) };

/** How the answers of shards become results. */
const advice = (shard: Shard): string =>
  `answered shard ${shardName(shard)}: gpt gather PART... -o ${journalOf("RESULTS.json")}, then this command with -o RESULTS.json and without --shard, scores all`;

/** Data and prompts of all tasks, before a model is loaded. */
export async function prepareAll(args: EvalArguments): Promise<Prepared[]> {
  const named = [args.what ?? [], args.names ?? []].flat().filter((name) => name !== "show");
  const own = await Promise.all((args.task ?? []).map(readTask));
  const names = named.flatMap((name) => name.split(","));
  const tasks = [...names.flatMap((name) => tasksNamed(name, ACTIONS)), ...own];
  if (tasks.length === 0) throw new GptError("usage", "which task? gpt eval list shows them");
  const { data = dataCache() } = args;
  if (args.data === undefined && tasks.some(({ sources }) => sources.every(({ hub }) => hub === undefined))) {
    throw new GptError("usage", "where is the data? --data names a folder, or a file of items");
  }
  const isFile = (await stat(data).catch(() => undefined))?.isFile() ?? false;
  const options = { shots: args.shots, draw: args.draw, limit: args.limit, seed: args.seed };
  return await Promise.all(
    [...new Set(tasks)].map((task) =>
      isFile
        ? prepareTask(task, dirname(data), options, ownSource(task, basename(data)))
        : prepareTask(task, data, options),
    ),
  );
}

/** The file of --data, read as the task's first source is. */
const ownSource = ({ sources }: Task, name: string): Source => ({ ...sources[0], files: [name] });

async function runModel(
  model: string | undefined,
  plain: readonly Prepared[],
  args: EvalArguments,
  answersOf: (task: string) => TaskAnswers,
  signal: AbortSignal,
) {
  const path = findModel(model);
  const name = modelName(path);
  const { prepared, form } = await withChatTemplate(plain, path, args);
  using spinner = startSpinner(loadingText(path), args.quiet, args.color);
  await using loaded = await load(path, { ...engineOptions(args), signal }, spinner);
  spinner.stop();
  const start = performance.now();
  const date = Math.floor(Date.now() / 1000);
  const results: TaskResult[] = [];
  const total = prepared.reduce((sum, { questions }) => sum + questions.length, 0);
  const block = blockOf(args.shard ?? { index: 0, count: 1 }, total);
  using progress = startProgress(block.count, "items", args.quiet ?? false);
  let [before, answered] = [0, 0];
  for (const task of prepared) {
    const asked = within(block, before, task.questions.length);
    const onProgress = (done: number) => progress.advance(answered + done, task.task.name);
    const { maxTokens } = args;
    const known = answersOf(task.task.name);
    results.push(await runTask(loaded, task, { asked, maxTokens, signal, onProgress, ...known }));
    before += task.questions.length;
    answered += asked.end - asked.begin;
  }
  const found = { model: name, results, groups: groupResults(groups, results) };
  const { limit = null, seed = null, quant, kvCache } = args;
  const facts = {
    config: {
      model: "gpt-simd",
      model_args: path,
      limit,
      fewshot_seed: seed ?? 1234,
      quant,
      kv_cache: kvCache,
    },
    date,
    chat_template: form?.template.source ?? null,
    chat_template_sha: form ? sha256(form.template.source) : null,
    fewshot_as_multiturn: form?.isMultiturn ?? false,
    system_instruction: form?.system ?? null,
    max_length: loaded.contextSize,
    total_evaluation_time_seconds: ((performance.now() - start) / 1000).toFixed(3),
    manifest: await commandManifest([[loaded, path]], args.task ?? []),
  };
  return { found, facts };
}

/** Items that were not asked, each named up to a few. */
function notes({ task, malformed, unfit }: TaskResult): string[] {
  const list = (items: readonly { readonly id: number; readonly problem: string }[], what: string) => {
    const [first] = items;
    if (first === undefined) return [];
    const ids = items.slice(0, 10).map(({ id }) => id);
    const more = items.length > ids.length ? " ..." : "";
    return [
      `${task.name}: ${counted(items.length, "item")} ${what}: ${ids.join(", ")}${more}; ${first.problem}`,
    ];
  };
  return [...list(malformed, "malformed"), ...list(unfit, "left out")];
}
