/** `gpt classify`: from texts to the names of their classes, and the share of right ones. */

import { GptError } from "../../../errors.ts";
import {
  describeScores,
  type Outcome,
  type Report,
  report,
} from "../../../evaluate/classification-report.ts";
import { reportLine } from "../../../evaluate/join-classes.ts";
import type { JsonValue } from "../../../files/json.ts";
import { findModel } from "../../../hub/find-model.ts";
import type { Classification, Classifier } from "../../../library/classifier.ts";
import { AnswerJournal } from "../../answer-journal.ts";
import { someFailedStatus } from "../../exit-codes.ts";
import { engineOptions } from "../../flags/model-flags.ts";
import { loadForClasses, loadingText } from "../../load.ts";
import { type PartRecord, partRecord } from "../../part-record.ts";
import { openDestination } from "../../terminal/destination.ts";
import { counted, thousands } from "../../terminal/format.ts";
import { type Output, printable } from "../../terminal/output.ts";
import { startProgress } from "../../terminal/progress.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { table } from "../../terminal/table.ts";
import { type GivenText, givenTexts } from "../../texts.ts";
import type { ClassifyArguments } from "./flags.ts";

const EXAMPLE = 'gpt classify -m path/to/classifier "A text"';

/** @throws GptError as `loadClassifier` and `givenTexts`; the signal's reason when it is aborted */
export async function classify(
  args: ClassifyArguments,
  signal: AbortSignal,
  warned: AbortSignal,
): Promise<void> {
  const { quiet = false, json, shard } = args;
  const path = findModel(args.model);
  await using destination = await openDestination(args.output);
  using spinner = startSpinner(loadingText(path), quiet, args.color);
  await using classifier = await loadForClasses(path, { ...engineOptions(args), signal }, spinner);
  spinner.stop();

  const kept = args.lines || args.jsonl ? destination.path : undefined;
  await using journal = new AnswerJournal<Classification>(kept, {
    verb: "classify",
    flags: args,
    model: path,
  });
  let part: PartRecord | undefined;
  const shared = { verb: "classify", kind: json ? "classes" : "lines", flags: args } as const;
  const texts = givenTexts(args, EXAMPLE, AbortSignal.any([signal, warned]), (input) => {
    part = partRecord(shared, input, destination.path);
  });
  const { output } = destination;
  const journaled = classifyWith(classifier, journal, signal);
  const { outcomes, ...counts } = await answerAll(journaled, texts, args, output);
  if (counts.failed > 0) process.exitCode = someFailedStatus;
  if (!quiet) for (const line of notes(counts, classifier.contextSize)) note(line);
  if (outcomes.length > 0) {
    const comparison = report(outcomes);
    if (json && shard === undefined) await output.write(reportLine(comparison));
    else if (!quiet) note(reportText(comparison));
  }
  await destination.keep();
  await part?.end();
  await journal.end();
}

type Classify = (text: string, pair: string | undefined) => Promise<Classification>;

/** Classifies what an earlier run has not. */
function classifyWith(
  classifier: Classifier,
  journal: AnswerJournal<Classification>,
  signal: AbortSignal,
): Classify {
  return async (text, pair) => {
    const missing = async () => [await classifier.classify(text, { pair, signal })];
    const [found] = await journal.answers([[text, pair]], missing);
    return found as Classification;
  };
}

interface Counts {
  readonly texts: number;
  readonly truncated: number;
  readonly failed: number;
  /** Error of the first failed text. */
  readonly problem: string;
}

/** Writes an answer for each text. Returns the counts, and label and prediction of texts with a label. */
async function answerAll(
  classify: Classify,
  given: AsyncIterable<GivenText>,
  args: ClassifyArguments,
  output: Output,
): Promise<Counts & { readonly outcomes: readonly Outcome[] }> {
  const outcomes: Outcome[] = [];
  let [texts, truncated, failed] = [0, 0, 0];
  let problem = "";
  using progress = startProgress(undefined, "texts", args.quiet === true || process.stdout.isTTY);
  for await (const text of given) {
    const answer = await answerTo(text, classify, args);
    await output.write(args.json ? jsonLine(text.id, answer) : line(answer));
    if (answer instanceof GptError) {
      failed++;
      problem ||= answer.message;
    } else {
      if (answer.expected !== undefined) outcomes.push({ label: answer.expected, predicted: answer.label });
      truncated += Number(answer.truncated);
    }
    progress.advance(++texts);
  }
  return { outcomes, texts, truncated, failed, problem };
}

interface Answer extends Classification {
  readonly text: string;
  readonly pair: string | undefined;
  /** Label of the text. */
  readonly expected: string | undefined;
}

/** The answer to a wrong line is its error. A single text must be right. */
async function answerTo(
  given: GivenText,
  classify: Classify,
  { lines, jsonl, pair: second }: ClassifyArguments,
): Promise<Answer | GptError> {
  try {
    const { text, pair = second, label: expected } = given.read();
    return { text, pair, expected, ...(await classify(text, pair)) };
  } catch (error) {
    if ((lines || jsonl) && error instanceof GptError) return error;
    throw error;
  }
}

function notes({ texts, truncated, failed, problem }: Counts, contextSize: number): string[] {
  const cut = `${counted(truncated, "text")} of more than ${contextSize} tokens: the end was not read`;
  const wrong = `${counted(texts, "text")}, ${thousands(failed)} failed, first ${printable(problem)}`;
  return [...(truncated > 0 ? [cut] : []), ...(failed > 0 ? [wrong] : [])];
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** One line for each text; an empty line for an error. */
const line = (answer: Answer | GptError): string =>
  answer instanceof GptError ? "\n" : `${answer.label}\t${answer.probability.toFixed(4)}\n`;

/** The names of classes are keys here, so they must not be converted to snake case. */
function jsonLine(id: JsonValue | undefined, answer: Answer | GptError): string {
  if (answer instanceof GptError) {
    const { code, message } = answer;
    return `${JSON.stringify({ id, error: { code, message } })}\n`;
  }
  const { text, pair, expected, truncated, ...classification } = answer;
  const scores = classification.probabilities;
  const line = { id, text, text_pair: pair, expected, ...classification, scores };
  return `${JSON.stringify(truncated ? { ...line, truncated } : line)}\n`;
}

function reportText({ classes, texts, ...scores }: Report): string {
  const rows = classes.map(({ label, precision, recall, f1, support }) => [
    printable(label),
    ...[precision, recall, f1].map((share) => share.toFixed(3)),
    thousands(support),
  ]);
  const heading = ["class", "precision", "recall", "F1", "texts"];
  return `${table([heading, ...rows])}${describeScores(scores)} of ${counted(texts, "text")}`;
}
