/** `gpt probe swap FILE`. */
import { GptError } from "../../../errors.ts";
import { type ProbedGroup, probeSwap, readSwapPairs, summarizeSwaps } from "../../../evaluate/swap-probe.ts";
import { snakeCase } from "../../../files/snake-case.ts";
import { findModel } from "../../../hub/find-model.ts";
import { engineOptions } from "../../flags/model-flags.ts";
import { load, loadingText } from "../../load.ts";
import { Output, printable } from "../../terminal/output.ts";
import { startProgress } from "../../terminal/progress.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { table } from "../../terminal/table.ts";
import type { ProbeArguments } from "./flags.ts";

/** @throws GptError `usage` without a file; as `readSwapPairs`, `loadModel` and `probeSwap`; the signal's reason */
export async function probe(args: ProbeArguments, signal: AbortSignal): Promise<void> {
  const { what, file } = args;
  if (what === undefined || file === undefined) {
    throw new GptError("usage", "give swap and a file of pairs: gpt probe swap pairs.jsonl");
  }
  const pairs = await readSwapPairs(file);
  const path = findModel(args.model);
  using spinner = startSpinner(loadingText(path), args.quiet, args.color);
  await using model = await load(path, { ...engineOptions(args), signal }, spinner);
  spinner.stop();
  using progress = startProgress(pairs.length, "pairs", args.quiet ?? false);
  const probed = await probeSwap(model, pairs, { signal, onProgress: (done) => progress.advance(done) });
  const output = new Output();
  const groups = summarizeSwaps(probed);
  if (!args.json) return await output.write(tableOf(groups));
  for (const line of [...probed, ...groups]) await output.writeJson(snakeCase(line) as object);
}

function tableOf(groups: readonly ProbedGroup[]): string {
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

const signed = (value: number): string => (value < 0 ? "" : "+") + value.toFixed(4);
