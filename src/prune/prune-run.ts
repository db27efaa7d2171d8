/** What a method of pruning works on. It changes the matrices where they lie. */
import type { OpenWeights } from "../weights/open.ts";
import type { BlockWalk } from "./block-walk.ts";
import type { PrunedMatrix } from "./matrices.ts";
import type { Pattern } from "./pattern.ts";

export interface PruneRun {
  readonly open: OpenWeights;
  readonly matrices: readonly PrunedMatrix[];
  readonly pattern: Pattern;
  /** Number of calibration sequences. */
  readonly sequences: number;
  /** The calibration sequences at the first block. */
  readonly calibration: () => Promise<BlockWalk>;
  /** Called after each matrix. It throws to abort. */
  readonly advance: (matrix: PrunedMatrix) => void;
}
