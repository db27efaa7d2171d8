/** Recurrent layers, as far as their operations need to know them. States lie as assembly/recurrent/ says. */
import type { Batch } from "../batch.ts";
import type { Matrix, Tensor } from "../tensor.ts";

/** A layer's place in the states of sequences. */
export interface StatePlace {
  /** Its number among the layers of the caches. */
  readonly layer: number;
  /** Bytes from the start of the layer's state. */
  readonly offset: number;
}

/** A causal convolution of each channel by itself. */
export interface Convolution extends StatePlace {
  readonly name?: string;
  /** [channels, taps], f32; the last tap meets the current position. */
  readonly weight: Matrix;
  readonly bias: Tensor | undefined;
  /** Whether SiLU comes after it. */
  readonly silu: boolean;
}

/** How steps and decays are computed: decay = e^(rate softplus(x + bias)). */
export interface RecurrenceGates {
  readonly rate: Tensor;
  readonly bias: Tensor;
}

/** A recurrence with a state [keyDim, valueDim] for each head. */
export interface Recurrence extends StatePlace {
  readonly name?: string;
  readonly nHead: number;
  /** Heads of the keys and of the queries. */
  readonly nKeyHead: number;
  /** Head h has the key h modulo `nKeyHead`; else neighbours share one. */
  readonly tiled: boolean;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Columns of a row that the keys, the queries and the values begin at. */
  readonly keys: number;
  readonly queries: number;
  readonly values: number;
  /** The delta rule: what the state holds for the key is taken off the value. */
  readonly delta: boolean;
  /** Factor of each head by which its value is added to its output. */
  readonly skip: Tensor | undefined;
}

/** Operations of recurrent layers. In shapes T rows, C width, H heads. */
export interface RecurrentOps {
  /** Causal convolution of the columns of x from `first` on: (T, C) -> (T, channels). The states go on. */
  convolution(x: Tensor, first: number, convolution: Convolution, batch: Batch): Tensor;

  /**
   * Steps and decays of a recurrence: (T, C) -> (T, [steps H | decays H]). Decays come from the columns from
   * `first` on. Steps are the sigmoid of the columns from `beta` on, or softplus of the same columns.
   */
  recurrenceGates(x: Tensor, first: number, beta: number | undefined, gates: RecurrenceGates): Tensor;

  /** A recurrence over the rows: (T, C) -> (T, H valueDim). The states go on. */
  recurrence(x: Tensor, gates: Tensor, recurrence: Recurrence, batch: Batch): Tensor;
}

const FLOAT = 4;
const VECTOR = 16;

/** Bytes of the state of a convolution: its last inputs. */
export const convolutionStateBytes = (channels: number, taps: number): number =>
  Math.ceil(((taps - 1) * channels * FLOAT) / VECTOR) * VECTOR;

/** Bytes of the state of a recurrence. */
export const recurrenceStateBytes = (heads: number, keyDim: number, valueDim: number): number =>
  heads * keyDim * Math.ceil((valueDim * FLOAT) / VECTOR) * VECTOR;
