/** What a method of pruning works on. */
import type { Matrix } from "../compute/tensor.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { BlockWalk, WalkedModel } from "./block-walk.ts";
import type { PrunedMatrix } from "./matrices.ts";
import type { Pattern } from "./pattern.ts";

export interface PruneRun extends WalkedModel {
  /** All weights by canonical name. A method that sets weights to zero changes them where they lie. */
  readonly values: ReadonlyMap<string, Matrix>;
  readonly matrices: readonly PrunedMatrix[];
  readonly pattern: Pattern;
  /** The calibration sequences at the first block. */
  readonly calibration: () => Promise<BlockWalk>;
  /** Called after each step of a method with the number of all. It throws to abort. */
  readonly advance: (total: number) => void;
}

/** A model without some of its layers or heads. */
export interface SmallerModel {
  readonly config: DecoderConfig;
  /** By canonical name. */
  readonly values: ReadonlyMap<string, Matrix>;
  /** Numbers of the layers that are gone. */
  readonly layers: readonly number[];
  /** Layers and numbers of the heads that are gone. */
  readonly heads: readonly (readonly [layer: number, head: number])[];
}
