/** Parts of rewards: their lines, and behind them how many of all pairs are told right. */
import { snakeCase } from "../files/snake-case.ts";
import type { Joiner } from "../shards/join/joiner.ts";
import { joinLines } from "../shards/join/lines.ts";
import { joinedLines } from "./joined-lines.ts";
import { type PreferenceReport, preferenceReport, type ScoredPair } from "./preference-report.ts";

/** The last line of rewards, if some are those of pairs. */
export const pairsLine = (report: PreferenceReport): string => `${JSON.stringify(snakeCase({ report }))}\n`;

export const joinRewards: Joiner = async function* (paths) {
  yield* joinLines(paths);
  const pairs: ScoredPair[] = [];
  for await (const { chosen, rejected, group } of joinedLines(paths)) {
    if (typeof chosen !== "number" || typeof rejected !== "number") continue;
    pairs.push({ chosen, rejected, group: typeof group === "string" ? group : undefined });
  }
  if (pairs.length > 0) yield Buffer.from(pairsLine(preferenceReport(pairs)));
};
