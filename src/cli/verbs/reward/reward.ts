/** `gpt reward`: from texts and pairs to their rewards, and the share of pairs that are told right. */
import { GptError } from "../../../errors.ts";
import { pairsLine } from "../../../evaluate/join-rewards.ts";
import {
  type PreferenceReport,
  preferenceReport,
  type ScoredPair,
} from "../../../evaluate/preference-report.ts";
import type { JsonValue } from "../../../files/json.ts";
import type { Answer } from "../../../train/rewards/reward.ts";
import { Rewards, type Score } from "../../../train/rewards/table.ts";
import { someFailedStatus } from "../../exit-codes.ts";
import { engineOptions } from "../../flags/model-flags.ts";
import { type PartRecord, partRecord } from "../../part-record.ts";
import { rewardSpecs } from "../../reward-sources.ts";
import { openDestination } from "../../terminal/destination.ts";
import { counted, thousands } from "../../terminal/format.ts";
import { type Output, printable } from "../../terminal/output.ts";
import { startProgress } from "../../terminal/progress.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { table } from "../../terminal/table.ts";
import { type Given, givenInputs, type Readers } from "../../texts.ts";
import type { RewardArguments } from "./flags.ts";
import { type Question, questionOf } from "./question.ts";

const EXAMPLE = 'gpt reward -m path/to/reward-model "A text"';
/** Lines that are scored together. */
const AT_A_TIME = 32;

/** @throws GptError as `Rewards.open` and `givenInputs`; the signal's reason when it is aborted */
export async function reward(args: RewardArguments, signal: AbortSignal): Promise<void> {
  const { quiet = false, json, shard } = args;
  const given = rewardSpecs(args);
  const specs = given.length > 0 ? given : [`model:${args.model ?? ""}`];
  await using destination = await openDestination(args.output);
  using spinner = startSpinner("opening the rewards", quiet, args.color);
  await using rewards = await Rewards.open(specs, {
    engine: { ...engineOptions(args), signal },
    timeoutSeconds: args.rewardTimeout,
  });
  spinner.stop();
  const kind = json ? "rewards" : "lines";
  let part: PartRecord | undefined;
  const inputs = givenInputs<Question>(args, EXAMPLE, signal, readersOf(args), (input) => {
    part = partRecord({ verb: "reward", kind, flags: args }, input, destination.path);
  });
  const { output } = destination;
  const { pairs, ...counts } = await answerAll(rewards, inputs, args, output, signal);
  if (counts.failed > 0) {
    process.exitCode = someFailedStatus;
    if (!quiet)
      note(`${counted(counts.lines, "line")}, ${thousands(counts.failed)} failed, first ${counts.problem}`);
  }
  if (pairs.length > 0) {
    const report = preferenceReport(pairs);
    if (json && shard === undefined) await output.write(pairsLine(report));
    else if (!quiet) note(reportText(report));
  }
  await destination.keep();
  await part?.end();
}

const readersOf = ({ prompt, by }: RewardArguments): Readers<Question> => ({
  ofText: (text) => ({ kind: "text", answers: [{ prompt, completion: text }] }),
  ofRecord: (record) => questionOf(record, by),
});

/** What is written of an input: its rewards, or its error. */
interface Outcome {
  readonly id: JsonValue | undefined;
  readonly question?: Question;
  readonly scores: readonly Score[] | GptError;
}

async function answerAll(
  rewards: Rewards,
  inputs: AsyncIterable<Given<Question>>,
  args: RewardArguments,
  output: Output,
  signal: AbortSignal,
) {
  const pairs: ScoredPair[] = [];
  let [lines, failed, problem] = [0, 0, ""];
  using progress = startProgress(undefined, "texts", args.quiet === true || process.stdout.isTTY);
  const flush = async (group: readonly Given<Question>[]) => {
    for (const outcome of await outcomesOf(group, rewards, args, signal)) {
      const { question, scores } = outcome;
      await output.write(lineOf(outcome, rewards.names, args));
      if (scores instanceof GptError) {
        failed++;
        problem ||= printable(scores.message);
      } else if (question?.kind === "pair") pairs.push(pairOf(scores, question.group));
    }
    lines += group.length;
    progress.advance(lines);
  };
  const group: Given<Question>[] = [];
  for await (const given of inputs) {
    group.push(given);
    if (group.length === AT_A_TIME) await flush(group.splice(0));
  }
  await flush(group);
  return { pairs, lines, failed, problem };
}

const pairOf = ([chosen, rejected]: readonly Score[], group: string | undefined): ScoredPair => ({
  chosen: chosen?.total ?? 0,
  rejected: rejected?.total ?? 0,
  group,
});

/** The answer to a wrong line is its error. A single text must be right. */
async function outcomesOf(
  group: readonly Given<Question>[],
  rewards: Rewards,
  { lines, jsonl }: RewardArguments,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const orError = async <T>(work: () => T | Promise<T>): Promise<T | GptError> => {
    try {
      return await work();
    } catch (error) {
      if ((lines || jsonl) && error instanceof GptError) return error;
      throw error;
    }
  };
  const read = await Promise.all(group.map(async ({ id, read }) => ({ id, question: await orError(read) })));
  const answersOf = ({ question }: (typeof read)[number]): readonly Answer[] =>
    question instanceof GptError ? [] : question.answers;
  const together = await orError(() => rewards.score(read.flatMap(answersOf), signal));
  const outcomes: Outcome[] = [];
  let first = 0;
  for (const one of read) {
    const { id, question } = one;
    const answers = answersOf(one);
    const own = () => rewards.score(answers, signal);
    const place = first;
    first += answers.length;
    if (question instanceof GptError) outcomes.push({ id, scores: question });
    else if (together instanceof GptError) outcomes.push({ id, question, scores: await orError(own) });
    else outcomes.push({ id, question, scores: together.slice(place, first) });
  }
  return outcomes;
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);

function lineOf(outcome: Outcome, names: readonly string[], { json, annotate }: RewardArguments): string {
  const { question, scores } = outcome;
  const isError = scores instanceof GptError || question === undefined;
  if (annotate && !isError) return annotatedLine(question, scores);
  return json || annotate ? jsonLine(outcome, names) : plainLine(scores);
}

/** The line as it was, with its rewards. */
function annotatedLine({ answers }: Question, [first, second]: readonly Score[]): string {
  const own =
    second === undefined
      ? { reward: first?.total }
      : { score_chosen: first?.total, score_rejected: second.total };
  return `${JSON.stringify({ ...answers[0]?.fields, ...own })}\n`;
}

/** The rewards of a text or a pair, chosen before rejected; an empty line for an error. */
const plainLine = (scores: readonly Score[] | GptError): string =>
  scores instanceof GptError ? "\n" : `${scores.map(({ total }) => total.toFixed(4)).join("\t")}\n`;

function jsonLine({ id, question, scores }: Outcome, names: readonly string[]): string {
  if (scores instanceof GptError) {
    const { code, message } = scores;
    return `${JSON.stringify({ id, error: { code, message } })}\n`;
  }
  const partsOf = ({ parts }: Score) => Object.fromEntries(names.map((name, i) => [name, parts[i] ?? null]));
  const [first, second] = scores;
  if (first === undefined) return "\n";
  const own = names.length > 1 ? { rewards: scores.map(partsOf) } : {};
  if (second === undefined) return `${JSON.stringify({ id, reward: first.total, ...own })}\n`;
  const [chosen, rejected] = [first.total, second.total];
  const group = question?.kind === "pair" ? question.group : undefined;
  return `${JSON.stringify({ id, chosen, rejected, margin: chosen - rejected, group, ...own })}\n`;
}

function reportText({ groups, ...all }: PreferenceReport): string {
  const row = (name: string, { pairs, accuracy, error, margin }: Omit<PreferenceReport, "groups">) => [
    printable(name),
    thousands(pairs),
    `${(100 * accuracy).toFixed(1)}%`,
    `${(100 * error).toFixed(1)}%`,
    margin.toFixed(4),
  ];
  const rows = [...groups.map(({ group, ...scores }) => row(group, scores)), row("all", all)];
  return table([["group", "pairs", "accuracy", "+-", "margin"], ...rows]).trimEnd();
}
