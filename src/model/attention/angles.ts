/**
 * Rotary angles that depend on the length of a sequence. With LongRoPE (Ding et al. 2024) all sequences beyond
 * the original length have others; with dynamic scaling each length has its own. A table has the angles of
 * short sequences, and behind them those of longer ones. A sequence that grows from one to the other is
 * computed again.
 */
import type { DecoderConfig } from "../config.ts";
import { attentionsOf } from "../mixers.ts";
import type { RopeScaling } from "./rotary-config.ts";

/** Where the tables of a model have the angles of long sequences. */
export interface LongAngles {
  /** Length of the longest sequence with the angles of short ones. */
  readonly after: number;
  /** Rows of a part of the tables: the angles of all positions for some lengths. */
  readonly rows: number;
  /** Lengths that share a part. */
  readonly step: number;
}

/**
 * Most rows of the tables of dynamic scaling. Where they do not suffice for a part for each length, lengths
 * share the part of the longest of them.
 */
const MOST_ROWS = 2 ** 16;

const shortLength = (scaling: RopeScaling): number =>
  scaling.kind === "longrope" || scaling.kind === "dynamic"
    ? scaling.originalPositions
    : Number.POSITIVE_INFINITY;

/** Undefined if all sequences of this length have the same angles. */
function longAngles(scaling: RopeScaling, contextSize: number): LongAngles | undefined {
  const after = shortLength(scaling);
  if (contextSize <= after) return undefined;
  const lengths = contextSize - after;
  const most = scaling.kind === "dynamic" ? Math.max(1, Math.floor(MOST_ROWS / contextSize)) : 1;
  return { after, rows: contextSize, step: Math.ceil(lengths / Math.min(lengths, most)) };
}

/** Undefined if all sequences of this length have the same angles. The layers agree in their scaling. */
export const longAnglesOf = (
  config: Pick<DecoderConfig, "layers">,
  contextSize: number,
): LongAngles | undefined =>
  attentionsOf(config)
    .flatMap(({ position }) =>
      position.kind === "rotary" ? (longAngles(position.scaling, contextSize) ?? []) : [],
    )
    .sort((a, b) => a.after - b.after)[0];

/** Row of the first position of a sequence. */
export const firstAngle = (long: LongAngles | undefined, length: number): number =>
  long !== undefined && length > long.after ? long.rows * Math.ceil((length - long.after) / long.step) : 0;

/** Lengths whose angles the parts of a table have: the first stands for those of short sequences. */
export function lengthsOfAngles(scaling: RopeScaling, contextSize: number): readonly number[] {
  const long = longAngles(scaling, contextSize);
  if (long === undefined) return [contextSize];
  const count = Math.ceil((contextSize - long.after) / long.step);
  const lengths = Array.from({ length: count }, (_, i) => long.after + (i + 1) * long.step);
  return [0, ...lengths.map((length) => Math.min(length, contextSize))];
}
