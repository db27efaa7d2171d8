/** What a method of pruning works on. */
import type { Matrix } from "../compute/tensor.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { Decoder } from "../model/modules.ts";
import type { OpenWeights } from "../weights/open.ts";
import type { BlockWalk } from "./block-walk.ts";
import type { PrunedMatrix } from "./matrices.ts";
import type { Pattern } from "./pattern.ts";

export interface PruneRun {
  readonly open: OpenWeights;
  /** Of the model, for errors. */
  readonly path: string;
  readonly config: DecoderConfig;
  /** All weights by canonical name. A method that sets weights to zero changes them where they lie. */
  readonly values: ReadonlyMap<string, Matrix>;
  readonly matrices: readonly PrunedMatrix[];
  readonly pattern: Pattern;
  /** Calibration sequences. */
  readonly sequences: readonly (readonly number[])[];
  readonly decoder: () => Promise<Decoder>;
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
