/** `gpt classify`: from texts to the names of their classes, and how many of them are right. */
import type { Classification, Classifier } from "../../classifier.ts";
import { describeScores, type Outcome, type Report, report } from "../../classify/report.ts";
import { findModel } from "../../model-path.ts";
import { engineOptions } from "../arguments/model-flags.ts";
import { loadForClasses, loadingText } from "../load.ts";
import { counted, thousands } from "../terminal/format.ts";
import { Output, printable } from "../terminal/output.ts";
import { startProgress } from "../terminal/progress.ts";
import { startSpinner } from "../terminal/spinner.ts";
import { table } from "../terminal/table.ts";
import type { ClassifyArguments } from "./flags.ts";
import { type GivenText, givenTexts } from "./texts.ts";

/** @throws GptError as `loadClassifier` and `givenTexts`; the signal's reason when it is aborted */
export async function classify(args: ClassifyArguments, signal: AbortSignal): Promise<void> {
  const { quiet = false, json } = args;
  const path = findModel(args.model);
  using spinner = startSpinner(loadingText(path), quiet, args.color);
  await using classifier = await loadForClasses(path, { ...engineOptions(args), signal }, spinner);
  spinner.stop();

  const { outcomes, truncated } = await answerAll(classifier, args, signal);
  if (truncated > 0 && !quiet) {
    const found = `${counted(truncated, "text")} of more than ${classifier.contextSize} tokens`;
    note(`${found}: the end was not read`);
  }
  if (outcomes.length === 0) return;
  const comparison = report(outcomes);
  if (json) await new Output().writeJson({ report: comparison });
  else if (!quiet) note(reportText(comparison));
}

/** Writes an answer for each text; returns those that can be compared, and how many texts were cut. */
async function answerAll(
  classifier: Classifier,
  args: ClassifyArguments,
  signal: AbortSignal,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly truncated: number }> {
  const output = new Output();
  const outcomes: Outcome[] = [];
  let [done, truncated] = [0, 0];
  using progress = startProgress(undefined, "texts", args.quiet === true || process.stdout.isTTY);
  for await (const given of givenTexts(args, signal)) {
    const answer = await classifier.classify(given.text, { signal });
    await output.write(args.json ? jsonLine(given, answer) : line(answer));
    if (given.label !== undefined) outcomes.push({ label: given.label, predicted: answer.label });
    truncated += Number(answer.truncated);
    progress.advance(++done);
  }
  return { outcomes, truncated };
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);

const line = ({ label, probability }: Classification): string => `${label}\t${probability.toFixed(4)}\n`;

/** By hand: the names of classes stay as they are. */
const jsonLine = (
  { id, text, label: expected }: GivenText,
  { label, probability, probabilities, truncated }: Classification,
): string => {
  const answer = { label, probability, probabilities, ...(truncated ? { truncated } : {}) };
  return `${JSON.stringify({ id, text, expected, ...answer })}\n`;
};

function reportText({ classes, texts, ...scores }: Report): string {
  const rows = classes.map(({ label, precision, recall, f1, support }) => [
    printable(label),
    ...[precision, recall, f1].map((share) => share.toFixed(3)),
    thousands(support),
  ]);
  const heading = ["class", "precision", "recall", "F1", "texts"];
  return `${table([heading, ...rows])}${describeScores(scores)} of ${counted(texts, "text")}`;
}
