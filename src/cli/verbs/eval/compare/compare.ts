/** `gpt eval compare FIRST SECOND`: what changed from one file of results, or log of samples, to another. */
import { GptError } from "../../../../errors.ts";
import { compareLogged } from "../../../../evaluate/harness/compare-logged.ts";
import { type ComparedMetric, compareSamples } from "../../../../evaluate/harness/compare-samples.ts";
import { snakeCase } from "../../../../files/snake-case.ts";
import { Output, printable } from "../../../terminal/output.ts";
import { table } from "../../../terminal/table.ts";
import type { EvalArguments } from "../flags.ts";
import { resultsIn, samplesIn } from "./logged.ts";

/** @throws GptError as `compareLogged` and `compareSamples`; `usage` for other files */
export async function compareLogs({ names = [], json }: EvalArguments): Promise<void> {
  const [first, second, ...more] = names;
  if (first === undefined || second === undefined || more.length > 0) {
    const example = "gpt eval compare first.json second.json";
    throw new GptError("usage", `give two files of results, or two of --log-samples: ${example}`);
  }
  const isResults = [first, second].map((name) => name.toLowerCase().endsWith(".json"));
  if (isResults[0] !== isResults[1]) {
    throw new GptError("usage", `${first} and ${second}: give two files of results, or two of --log-samples`);
  }
  const compared = isResults[0]
    ? compareLogged(await resultsIn(first), await resultsIn(second))
    : compareSamples(await samplesIn(first), await samplesIn(second));
  const output = new Output();
  if (!json) return await output.write(tableOf(compared));
  for (const metric of compared) await output.writeJson(snakeCase(metric) as object);
}

function tableOf(compared: readonly ComparedMetric[]): string {
  const rows = compared.map(({ difference, interval, flips, ...metric }) => [
    printable(metric.task),
    String(metric.items),
    metric.filter,
    metric.metric,
    metric.first.toFixed(4),
    metric.second.toFixed(4),
    signed(difference.value),
    ...(Number.isNaN(difference.error)
      ? ["", ""]
      : [difference.error.toFixed(4), `${signed(interval[0])} to ${signed(interval[1])}`]),
    metric.paired ? "yes" : "no",
    flips === undefined ? "" : `-${flips.lost} +${flips.won}`,
    flips === undefined ? "" : flips.p.toPrecision(2),
  ]);
  const heading = [
    "task",
    "items",
    "filter",
    "metric",
    "first",
    "second",
    "change",
    "±",
    "95%",
    "paired",
    "flips",
    "p",
  ];
  const text = table([heading, ...rows], [0, 2, 3]);
  const unmatched = compared.reduce((most, one) => Math.max(most, one.unmatched), 0);
  return unmatched === 0 ? text : `${text}${unmatched} items stand in one log only\n`;
}

const signed = (value: number): string => (value < 0 ? "" : "+") + value.toFixed(4);
