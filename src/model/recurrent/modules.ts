/** Recurrent layers in memory: their weights by module. */
import type { Norm } from "../../compute/ops/ops.ts";
import type { Convolution, Recurrence, RecurrenceGates } from "../../compute/ops/recurrent-layers.ts";
import type { HeadsNorm, Linear } from "../linear.ts";

/** A layer with a state of one size. */
export type RecurrentLayer = DeltaNet | Mamba | ShortConvolution;

/** Gated DeltaNet: K key heads of Dk dimensions, V value heads of Dv. */
export interface DeltaNet {
  readonly kind: "delta-net";
  /** Queries, keys, values and the gates of the output: C -> [K Dk | K Dk | V Dv | V Dv] */
  readonly input: Linear;
  /** Before the sigmoid of the step and before the softplus of the decay: C -> [V | V] */
  readonly steps: Linear;
  readonly convolution: Convolution;
  /** Make unit vectors; the queries are divided by sqrt(Dk) too. */
  readonly queryNorm: HeadsNorm;
  readonly keyNorm: HeadsNorm;
  readonly gates: RecurrenceGates;
  readonly recurrence: Recurrence;
  readonly outputNorm: HeadsNorm;
  /** V Dv -> C */
  readonly output: Linear;
}

/** Mamba 2: H heads of D dimensions, G groups of N state dimensions. */
export interface Mamba {
  readonly kind: "mamba";
  /** The gate of the output, x, B, C and the steps: C -> [H D | H D | G N | G N | H] */
  readonly input: Linear;
  readonly convolution: Convolution;
  readonly gates: RecurrenceGates;
  readonly recurrence: Recurrence;
  readonly outputNorm: Norm;
  /** H D -> C */
  readonly output: Linear;
}

/** The gated convolution of LFM2. */
export interface ShortConvolution {
  readonly kind: "short-convolution";
  /** The gate of the input, the gate of the output, the input: C -> [C | C | C] */
  readonly input: Linear;
  readonly convolution: Convolution;
  /** C -> C */
  readonly output: Linear;
}
