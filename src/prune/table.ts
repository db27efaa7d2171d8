/** The methods of pruning by name. A new one is a file and a line here. */
import { oneOf } from "../checks/rules.ts";
import { pruneByGlobalMagnitude, pruneByMagnitude } from "./magnitude.ts";
import type { PruneRun } from "./prune-run.ts";
import { pruneBySparseGpt } from "./sparse-gpt.ts";
import { pruneByWanda } from "./wanda.ts";

interface Method {
  readonly needsCalibration: boolean;
  readonly prune: (run: PruneRun) => Promise<void>;
}

export const METHODS = {
  magnitude: { needsCalibration: false, prune: pruneByMagnitude },
  "global-magnitude": { needsCalibration: false, prune: pruneByGlobalMagnitude },
  wanda: { needsCalibration: true, prune: pruneByWanda },
  sparsegpt: { needsCalibration: true, prune: pruneBySparseGpt },
} as const satisfies Readonly<Record<string, Method>>;

export type PruneMethod = keyof typeof METHODS;

export const PRUNE_METHODS = Object.keys(METHODS) as PruneMethod[];

export const methodRule = oneOf(...PRUNE_METHODS);
