/** A kernel with the work it is measured on: an entry of the table in kernels.ts. */
import type { Simd } from "../compute/kernels/kernels.ts";
import type { Operations } from "./operations.ts";
import type { Output } from "./output.ts";
import type { Workbench } from "./workbench.ts";

/** The resource that limits a kernel. A kernel of the same name measures its peak (peaks.ts). */
export type Limit = "multiply-add" | "read" | "copy";

export type Unit = "FLOP" | "B" | "job";

export interface KernelCase {
  readonly name: string;
  /** The sizes, as text. */
  readonly shape: string;
  readonly unit: Unit;
  /** Floating-point operations of one run, bytes that it reads and writes, or jobs. */
  readonly amount: number;
  /** The limit that its rate is compared with; null for the limits themselves. */
  readonly limit: Limit | null;
  prepare(bench: Workbench): Experiment | Promise<Experiment>;
}

export interface Experiment {
  /** Restores memory that a run changes. It is not timed. */
  reset?(): void;
  run(on: Operations): Output;
  readonly twin?: Twin;
}

/** The result of a run by its formula, in plain loops. Only quantized products depend on the build. */
export type Twin = (build: Simd) => readonly number[][];

/** A kernel that multiply-adds limit. */
export const computing = (
  name: string,
  shape: string,
  amount: number,
  prepare: KernelCase["prepare"],
): KernelCase => ({ name, shape, unit: "FLOP", amount, limit: "multiply-add", prepare });

/** A kernel that memory or a cache limits. */
export const moving = (
  name: string,
  shape: string,
  limit: "read" | "copy",
  amount: number,
  prepare: KernelCase["prepare"],
): KernelCase => ({ name, shape, unit: "B", amount, limit, prepare });
