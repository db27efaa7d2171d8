/** The file of `gpt score -o`: the statistics of each line. A shard writes those of its own lines. */
import { type Metric, statisticsOf } from "../../../evaluate/metrics/metric.ts";
import { referenceCount, signature } from "../../../evaluate/metrics/signature.ts";
import { sha256 } from "../../../files/sha256.ts";
import { blockOf, type Shard } from "../../../shards/shard.ts";
import { runName } from "../../flags/shard-flags.ts";
import { Journal } from "../../journal.ts";
import { PartRecord } from "../../part-record.ts";
import type { System } from "./lines.ts";

/** Of a line: by metric and system. Empty for a line without a reference, which does not count. */
type LineStatistics = readonly (readonly (readonly number[])[])[];

interface StatisticsFile {
  /** Undefined: they are kept nowhere. */
  readonly path: string | undefined;
  readonly shard: Shard | undefined;
}

/**
 * Statistics of lines, of the file as far as they are there.
 *
 * @param systems with equally many lines
 * @returns those of the shard's lines
 * @throws GptError as `Journal.open`; `usage` for a file with another shard
 */
export async function lineStatistics(
  metrics: readonly Metric[],
  systems: readonly System[],
  { path, shard }: StatisticsFile,
): Promise<LineStatistics[]> {
  const total = systems[0]?.segments.length ?? 0;
  const block = shard === undefined ? { first: 0, count: total, total } : blockOf(shard, total);
  const about = aboutRun(metrics, systems);
  const run = runName("score", {}, sha256(JSON.stringify(about)));
  const part = path && shard ? new PartRecord(path, { kind: "answers", shard, block, run }) : undefined;
  await using journal = path === undefined ? undefined : await Journal.open(path, about, statisticsIn);
  const all = [...(journal?.known ?? [])].slice(0, block.count);
  await part?.begin(all.length > 0);
  for (let i = all.length; i < block.count; i++) {
    const line = block.first + i;
    const segments = systems.flatMap((system) => system.segments[line] ?? []);
    const isCounted = segments.some(({ references }) => references.length > 0);
    const statistics = isCounted ? metrics.map((metric) => statisticsOf(metric, segments)) : [];
    all.push(statistics);
    await journal?.add({ line: line + 1, statistics });
  }
  await journal?.flush();
  await part?.end();
  return all;
}

function aboutRun(metrics: readonly Metric[], systems: readonly System[]): object {
  const references = referenceCount(systems[0]?.segments ?? []);
  const [names, segments] = [systems.map(({ name }) => name), systems.map((system) => system.segments)];
  return {
    score: {
      metrics: metrics.map((metric) => `${metric.name}|${signature(metric, { references })}`),
      systems: names,
      texts: sha256(JSON.stringify(segments)),
    },
  };
}

const statisticsIn = ({ statistics }: { readonly statistics?: LineStatistics }): LineStatistics | undefined =>
  statistics;
