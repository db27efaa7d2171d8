/** `gpt probe swap FILE` and `gpt probe words FILE --prompts FILE`. */
import { GptError } from "../../../errors.ts";
import type { Estimate } from "../../../evaluate/statistics.ts";
import { type ProbedGroup, probeSwap, readSwapPairs, summarizeSwaps } from "../../../evaluate/swap-probe.ts";
import {
  probeWords,
  readWordList,
  readWordsPrompts,
  summarizeWords,
  type WordsGroup,
} from "../../../evaluate/words-probe.ts";
import { snakeCase } from "../../../files/snake-case.ts";
import { findModel } from "../../../hub/find-model.ts";
import type { LanguageModel } from "../../../library/language-model.ts";
import { engineOptions } from "../../flags/model-flags.ts";
import { load, loadingText } from "../../load.ts";
import { Output, printable } from "../../terminal/output.ts";
import { startProgress } from "../../terminal/progress.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { table } from "../../terminal/table.ts";
import type { ProbeArguments } from "./flags.ts";

/** What was measured: records of single cases, then of groups, and a table of the groups. */
interface Measured {
  readonly records: readonly object[];
  readonly table: string;
}

interface Probe {
  /** What the file has. */
  readonly cases: string;
  readonly count: number;
  measure(model: LanguageModel, onProgress: (done: number) => void): Promise<Measured>;
}

/**
 * @throws GptError `usage` without a file, as `loadModel`, and as the probe reads and measures; the signal's
 * reason
 */
export async function probe(args: ProbeArguments, signal: AbortSignal): Promise<void> {
  const { cases, count, measure } = await open(args, signal);
  const path = findModel(args.model);
  using spinner = startSpinner(loadingText(path), args.quiet, args.color);
  await using model = await load(path, { ...engineOptions(args), signal }, spinner);
  spinner.stop();
  using progress = startProgress(count, cases, args.quiet ?? false);
  const { records, table } = await measure(model, (done) => progress.advance(done));
  const output = new Output();
  if (!args.json) return await output.write(table);
  for (const record of records) await output.writeJson(snakeCase(record) as object);
}

async function open({ what, file, prompts, ...args }: ProbeArguments, signal: AbortSignal): Promise<Probe> {
  if (what === undefined || file === undefined) {
    const usage = "gpt probe swap pairs.jsonl, or gpt probe words words.txt --prompts prompts.jsonl";
    throw new GptError("usage", `give what to probe and a file: ${usage}`);
  }
  if (what === "swap") {
    const pairs = await readSwapPairs(file);
    return {
      ...{ cases: "pairs", count: pairs.length },
      async measure(model, onProgress) {
        const probed = await probeSwap(model, pairs, { signal, onProgress });
        const groups = summarizeSwaps(probed);
        return { records: [...probed, ...groups], table: swapTable(groups) };
      },
    };
  }
  if (prompts === undefined)
    throw new GptError("usage", "words need texts to go on with: give --prompts FILE");
  const [words, texts] = [await readWordList(file), await readWordsPrompts(prompts)];
  const { samples, maxTokens, seed } = args;
  return {
    ...{ cases: "prompts", count: texts.length },
    async measure(model, onProgress) {
      const options = { samples, maxTokens, seed, signal, onProgress };
      const probed = await probeWords(model, words, texts, options);
      const groups = summarizeWords(probed);
      return { records: [...probed, ...groups], table: wordsTable(groups) };
    },
  };
}

function swapTable(groups: readonly ProbedGroup[]): string {
  const rows = groups.map(({ group = "all", items, difference, interval, secondLikelier }) => [
    printable(group),
    String(items),
    signed(difference.value),
    ...(Number.isNaN(difference.error)
      ? ["-", "one pair has none"]
      : [difference.error.toFixed(4), `${signed(interval[0])} to ${signed(interval[1])}`]),
    `${(100 * secondLikelier).toFixed(1)}%`,
  ]);
  return table([["group", "pairs", "second - first", "±", "95%", "second likelier"], ...rows], [0]);
}

function wordsTable(groups: readonly WordsGroup[]): string {
  const rows = groups.map(({ group = "all", prompts, continuations, share, any, nextProbability }) => [
    printable(group),
    String(prompts),
    String(continuations),
    ...[share, any, nextProbability].flatMap(percents),
  ]);
  const header = [
    "group",
    "prompts",
    "continuations",
    "with a word",
    "±",
    "prompts with one",
    "±",
    "next word",
    "±",
  ];
  return table([header, ...rows], [0]);
}

/** One prompt has no standard error. */
const percents = ({ value, error }: Estimate): string[] => [
  `${(100 * value).toFixed(2)}%`,
  Number.isNaN(error) ? "-" : `${(100 * error).toFixed(2)}%`,
];

const signed = (value: number): string => (value < 0 ? "" : "+") + value.toFixed(4);
