/** `gpt eval compare FIRST SECOND`: what changed from one log of samples to another. */
import { GptError } from "../../../../errors.ts";
import { type ComparedMetric, compareSamples } from "../../../../evaluate/harness/compare-samples.ts";
import { readText } from "../../../../files/file.ts";
import { isJsonObject, type JsonObject } from "../../../../files/json.ts";
import { snakeCase } from "../../../../files/snake-case.ts";
import { Output, printable } from "../../../terminal/output.ts";
import { table } from "../../../terminal/table.ts";
import type { EvalArguments } from "../flags.ts";

/** @throws GptError as `compareSamples`; `usage` for another number of files */
export async function compareLogs({ names = [], json }: EvalArguments): Promise<void> {
  const [first, second, ...more] = names;
  if (first === undefined || second === undefined || more.length > 0) {
    throw new GptError("usage", "give two files of --log-samples: gpt eval compare first.jsonl second.jsonl");
  }
  const compared = compareSamples(await samplesIn(first), await samplesIn(second));
  const output = new Output();
  if (!json) return await output.write(tableOf(compared));
  for (const metric of compared) await output.writeJson(snakeCase(metric) as object);
}

async function samplesIn(path: string): Promise<JsonObject[]> {
  const lines = (await readText(path)).split("\n").filter((line) => line.trim() !== "");
  return lines.map((line, i) => {
    const value = parsed(line);
    if (isJsonObject(value) && "doc_id" in value) return value;
    const problem = "expected a line of --log-samples, an object with doc_id";
    throw new GptError("invalid-file", `${path}:${i + 1}: ${problem}`);
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function tableOf(compared: readonly ComparedMetric[]): string {
  const rows = compared.map(({ task, items, filter, metric, first, second, difference, interval, flips }) => [
    printable(task),
    String(items),
    filter,
    metric,
    first.toFixed(4),
    second.toFixed(4),
    signed(difference.value),
    difference.error.toFixed(4),
    `${signed(interval[0])} to ${signed(interval[1])}`,
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
    "flips",
    "p",
  ];
  const text = table([heading, ...rows], [0, 2, 3]);
  const unmatched = compared.reduce((most, one) => Math.max(most, one.unmatched), 0);
  return unmatched === 0 ? text : `${text}${unmatched} items stand in one log only\n`;
}

const signed = (value: number): string => (value < 0 ? "" : "+") + value.toFixed(4);
