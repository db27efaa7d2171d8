/**
 * Rotary angles that depend on the length of a sequence (LongRoPE, Ding et al. 2024; dynamic scaling). A
 * table has the angles of short sequences, and behind them those of long ones. A sequence that grows from one
 * to the other is computed again.
 */
import type { DecoderConfig } from "../config.ts";
import { attentionsOf } from "../mixers.ts";
import type { RopeScaling } from "./rotary-config.ts";

/** Where the tables of a model have the angles of long sequences. */
export interface LongAngles {
  /** Length of the longest sequence with the angles of short ones. */
  readonly after: number;
  /** Row of the first position of a longer one. */
  readonly first: number;
}

const shortLength = (scaling: RopeScaling): number =>
  scaling.kind === "longrope" || scaling.kind === "dynamic"
    ? scaling.originalPositions
    : Number.POSITIVE_INFINITY;

/** Undefined if all sequences of this length have the same angles. */
export function longAnglesOf(
  config: Pick<DecoderConfig, "layers">,
  contextSize: number,
): LongAngles | undefined {
  const after = attentionsOf(config).reduce(
    (least, { position }) =>
      position.kind === "rotary" ? Math.min(least, shortLength(position.scaling)) : least,
    Number.POSITIVE_INFINITY,
  );
  return contextSize > after ? { after, first: contextSize } : undefined;
}

/** Row of the first position of a sequence. */
export const firstAngle = (long: LongAngles | undefined, length: number): number =>
  long !== undefined && length > long.after ? long.first : 0;

/** Parts of a table with a row for each position: angles of short sequences, and those of long ones. */
export const partsOfAngles = (scaling: RopeScaling, contextSize: number): 1 | 2 =>
  contextSize > shortLength(scaling) ? 2 : 1;
