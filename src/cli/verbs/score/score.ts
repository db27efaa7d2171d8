/** `gpt score`: from files to scores. */
import { GptError } from "../../../errors.ts";
import { type Metric, sentenceScore, summed } from "../../../evaluate/metrics/metric.ts";
import { type Circumstances, referenceCount, signature } from "../../../evaluate/metrics/signature.ts";
import {
  approximateRandomization,
  bootstrap,
  pairedBootstrap,
} from "../../../evaluate/metrics/significance/resampling.ts";
import { createMetrics, type MetricOptions } from "../../../evaluate/metrics/table.ts";
import { shardName } from "../../../shards/shard.ts";
import { Output } from "../../terminal/output.ts";
import type { ScoreArguments } from "./flags.ts";
import { readSystems, type System } from "./lines.ts";
import { scoreLine, scoreTable } from "./report.ts";
import type { Result } from "./result.ts";
import { lineStatistics } from "./statistics-file.ts";

/** @throws GptError as `readSystems`; `usage` without a metric, a hypothesis or a reference */
export async function score(args: ScoreArguments): Promise<void> {
  const { metric, files: [hypotheses, ...references] = [], system: others = [] } = args;
  if (metric === undefined || hypotheses === undefined || references.length === 0) {
    const missing = metric === undefined ? "metric" : hypotheses === undefined ? "texts" : "references";
    throw new GptError("usage", `no ${missing}: try gpt score bleu translations.txt references.txt`);
  }
  const systems = await readSystems([hypotheses, ...others], references);
  const [first] = systems;
  if (first === undefined || first.segments.every((segment) => segment.references.length === 0)) {
    throw new GptError("invalid-file", `${references.join(", ")}: no line has a reference`);
  }
  const metrics = createMetrics(metric, optionsOf(args));
  if (args.sentences) return await scoreLines(first, metrics, args);
  const { output: path, shard } = args;
  const lines = await lineStatistics(metrics, systems, { path, shard });
  if (shard !== undefined) {
    const next = "gpt gather PART... -o STATISTICS, then this command with -o STATISTICS and without --shard";
    return void process.stderr.write(`scored shard ${shardName(shard)}: ${next}\n`);
  }
  const counted = lines.filter((line) => line.length > 0);
  const results = metrics.flatMap((metric, m) => {
    const statistics = systems.map((_, s) => counted.map((line) => line[m]?.[s] ?? []));
    return compare(metric, systems, statistics, args);
  });
  const output = new Output();
  if (args.json) for (const result of results) await output.writeJson(jsonOf(result));
  else if (systems.length > 1) await output.write(scoreTable(results, args));
  else for (const result of results) await output.write(`${scoreLine(result, args)}\n`);
}

const optionsOf = (args: ScoreArguments): MetricOptions => ({
  ...args,
  noPunctuation: args.removePunctuation,
  effectiveOrder: args.effectiveOrder ?? args.sentences,
});

/** The results of all systems. @param statistics of the lines of each */
function compare(
  metric: Metric,
  systems: readonly System[],
  statistics: readonly (readonly (readonly number[])[])[],
  args: ScoreArguments,
): Result[] {
  const { bootstrap: samples, randomization: trials, seed = 12345 } = args;
  const resampling = { samples: samples ?? trials ?? 0, seed };
  const kind = samples === undefined ? "ar" : "bs";
  const circumstances: Circumstances = {
    references: referenceCount(systems[0]?.segments ?? []),
    test: resampling.samples > 0 ? { kind, ...resampling } : undefined,
  };
  const estimates = samples === undefined ? [] : bootstrap(metric, statistics, resampling);
  const paired = samples === undefined ? approximateRandomization : pairedBootstrap;
  const pValues = resampling.samples > 0 && systems.length > 1 ? paired(metric, statistics, resampling) : [];
  return systems.map(({ name }, i) => ({
    system: name,
    metric,
    score: metric.score(summed(statistics[i] ?? [])),
    signature: signature(metric, circumstances, args.short),
    estimate: estimates[i],
    pValue: pValues[i - 1],
  }));
}

async function scoreLines(
  { name, segments }: System,
  metrics: readonly Metric[],
  args: ScoreArguments,
): Promise<void> {
  const output = new Output();
  for (const [i, { hypothesis, references }] of segments.entries()) {
    if (references.length === 0) continue;
    for (const metric of metrics) {
      const result: Result = {
        system: name,
        metric,
        score: sentenceScore(metric, hypothesis, references),
        signature: signature(metric, { references: references.length }, args.short),
      };
      if (args.json) await output.writeJson({ line: i + 1, ...jsonOf(result) });
      else await output.write(`${scoreLine(result, args)}\n`);
    }
  }
}

/** The detail is for people: its numbers have fields of their own. */
function jsonOf({
  system,
  metric,
  score: { detail: _, ...parts },
  signature,
  estimate,
  pValue,
}: Result): object {
  return { system, metric: metric.name, ...parts, signature, ...estimate, pValue };
}
