/** A kernel with the work it is measured on: an entry of the table in kernels.ts. */
import type { Simd } from "../compute/kernels/kernels.ts";
import type { Operations } from "./operations.ts";
import type { Output } from "./output.ts";
import type { Workbench } from "./workbench.ts";

/** What a kernel waits for. Each is measured by a kernel of its own, of the same name (peaks.ts). */
export type Limit = "multiply-add" | "read" | "copy";

export type Unit = "FLOP" | "B" | "job";

export interface KernelCase {
  readonly name: string;
  /** The sizes, for people. */
  readonly shape: string;
  readonly unit: Unit;
  /** Floating-point operations of one run, bytes that it reads and writes, or jobs. */
  readonly amount: number;
  /** What its rate is a share of; null for the limits themselves. */
  readonly limit: Limit | null;
  prepare(bench: Workbench): Experiment | Promise<Experiment>;
}

export interface Experiment {
  /** Puts back what a run changes. It is not timed. */
  reset?(): void;
  run(on: Operations): Output;
  readonly twin?: Twin;
}

/** What a run comes to by its formula, in plain loops. Only quantized products differ by build. */
export type Twin = (build: Simd) => readonly number[][];

/** A kernel that waits for its multiplications and additions. */
export const computing = (
  name: string,
  shape: string,
  amount: number,
  prepare: KernelCase["prepare"],
): KernelCase => ({ name, shape, unit: "FLOP", amount, limit: "multiply-add", prepare });

/** A kernel that waits for memory, or for a cache. */
export const moving = (
  name: string,
  shape: string,
  limit: "read" | "copy",
  amount: number,
  prepare: KernelCase["prepare"],
): KernelCase => ({ name, shape, unit: "B", amount, limit, prepare });
