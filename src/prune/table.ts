/** The methods of pruning by name. A new one is a file and a line here. */
import { oneOf } from "../checks/rules.ts";
import { pruneHeads } from "./heads.ts";
import { pruneLayers } from "./layers.ts";
import { pruneByGlobalMagnitude, pruneByMagnitude } from "./magnitude.ts";
import type { PruneRun, SmallerModel } from "./prune-run.ts";
import { pruneBySparseGpt } from "./sparse-gpt.ts";
import { pruneByWanda } from "./wanda.ts";

export type PruneMethod = "magnitude" | "global-magnitude" | "wanda" | "sparsegpt" | "heads" | "layers";

type Method = {
  readonly needsCalibration: boolean;
} & ( // It sets weights to zero where they lie, or makes a model of other sizes.
  | { readonly gives: "zeros"; readonly prune: (run: PruneRun) => Promise<void> }
  | { readonly gives: "smaller model"; readonly prune: (run: PruneRun) => Promise<SmallerModel> }
);

export const METHODS: Readonly<Record<PruneMethod, Method>> = {
  magnitude: { gives: "zeros", needsCalibration: false, prune: pruneByMagnitude },
  "global-magnitude": { gives: "zeros", needsCalibration: false, prune: pruneByGlobalMagnitude },
  wanda: { gives: "zeros", needsCalibration: true, prune: pruneByWanda },
  sparsegpt: { gives: "zeros", needsCalibration: true, prune: pruneBySparseGpt },
  heads: { gives: "smaller model", needsCalibration: true, prune: pruneHeads },
  layers: { gives: "smaller model", needsCalibration: true, prune: pruneLayers },
};

export const PRUNE_METHODS = Object.keys(METHODS) as PruneMethod[];

export const methodRule = oneOf(...PRUNE_METHODS);
