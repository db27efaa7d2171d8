/** `gpt label`: from pairs of answers to a file of preferences, one key each. */
import { appendFile } from "node:fs/promises";
import { GptError } from "../../../errors.ts";
import { type Label, type LabelReport, labelReport } from "../../../evaluate/label-report.ts";
import type { Estimate } from "../../../evaluate/statistics.ts";
import { writeError } from "../../../files/write-error.ts";
import { counted } from "../../terminal/format.ts";
import { Output, printable } from "../../terminal/output.ts";
import { styleFor } from "../../terminal/style.ts";
import type { LabelArguments } from "./flags.ts";
import { keysOf } from "./keys.ts";
import { readLabels, readPairs, shownPairs } from "./pairs.ts";
import { sideBySide } from "./side-by-side.ts";

const HELP = "1 the left, 2 the right, t as good as each other, s neither now, q the end";

/** @throws GptError `usage` without files and without an output; as `findSources`; the signal's reason */
export async function label(args: LabelArguments, signal: AbortSignal): Promise<void> {
  const { files = [], output, summary } = args;
  if (files.length === 0)
    throw new GptError("usage", "no answers: try gpt label answers.jsonl -o labels.jsonl");
  if (summary) return await tell(await readLabels(files), args);
  if (output === undefined) throw new GptError("usage", "where to? -o FILE says it, such as -o labels.jsonl");
  const { rater = process.env.USER ?? "", seed = 1 } = args;
  const labels = await readLabels([output], true);
  const pairs = await readPairs(files);
  const style = styleFor(process.stderr, args.color);
  const waiting = shownPairs(pairs, labels, { seed, rater });
  const keys = keysOf(process.stdin, signal);
  try {
    for (const [i, pair] of waiting.entries()) {
      const { columns = 80 } = process.stderr;
      note(`\n${style.dim(`${i + 1} of ${waiting.length} · ${HELP}`)}\n${sideBySide(pair, columns, style)}`);
      const key = await choice(keys);
      if (key === "q") break;
      if (key === "s") continue;
      if (key === "t") {
        const { prompt, left, right } = pair;
        await append(output, { prompt, answers: [left, right], rater, tie: true });
        labels.push({ prompt, chosen: left, rejected: right, rater, isTie: true });
        continue;
      }
      const isLeft = key === "1";
      const [chosen, rejected] = isLeft ? [pair.left, pair.right] : [pair.right, pair.left];
      const own = { prompt: pair.prompt, chosen, rejected, rater };
      await append(output, { ...own, left: isLeft });
      labels.push({ ...own, isLeft });
    }
  } finally {
    await keys.return();
  }
  if (!args.quiet) await tell(labels, args);
}

/** The next key that means something; the end of the input means the end. */
async function choice(keys: AsyncGenerator<string, void, void>): Promise<"1" | "2" | "t" | "s" | "q"> {
  for (;;) {
    const { value, done } = await keys.next();
    if (done || value === "q") return "q";
    if (value === "1" || value === "2" || value === "t" || value === "s") return value;
    note(HELP);
  }
}

async function append(path: string, label: object): Promise<void> {
  try {
    await appendFile(path, `${JSON.stringify(label)}\n`);
  } catch (error) {
    throw writeError(path, error);
  }
}

async function tell(labels: readonly Label[], { json }: LabelArguments): Promise<void> {
  const report = labelReport(labels);
  if (json) await new Output().writeJson(report);
  else note(reportText(report));
}

function reportText({ labels, raters, ties, left, longer, agreement, kappa }: LabelReport): string {
  const share = (name: string, estimate: Estimate | undefined) =>
    estimate === undefined
      ? []
      : [`${name} ${(100 * estimate.value).toFixed(1)}%${errorText(estimate.error)}`];
  const names = raters.filter((rater) => rater !== "").map(printable);
  return [
    [counted(labels, "label"), ...(names.length > 0 ? [`of ${names.join(", ")}`] : [])].join(" "),
    ...share("as good as each other", ties),
    ...share("the left answer was chosen", left),
    ...share("the longer answer was chosen", longer),
    ...share("raters agree on", agreement),
    ...(kappa === undefined ? [] : [`kappa ${kappa.toFixed(3)}`]),
  ].join(" · ");
}

const errorText = (error: number): string =>
  Number.isNaN(error) ? ", one case without a standard error" : ` ± ${(100 * error).toFixed(1)}%`;

const note = (line: string): void => void process.stderr.write(`${line}\n`);
