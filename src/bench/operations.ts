/** All operations of one build of the kernels on a number of threads. */

import type { Simd } from "../compute/kernels/kernels.ts";
import { PeakOps } from "../compute/kernels/peak-ops.ts";
import { KernelOps } from "../compute/ops/kernel-ops.ts";
import { PanelWriter } from "../compute/packing/panel-writer.ts";
import { Runtime } from "../compute/runtime.ts";
import { GradientOps } from "../compute/training/gradient-ops.ts";
import { OptimizerOps } from "../compute/training/optimizer-ops.ts";

export class Operations {
  readonly simd: Simd;
  readonly threads: number;
  readonly runtime: Runtime;
  readonly ops: KernelOps;
  readonly gradients: GradientOps;
  readonly optimizer: OptimizerOps;
  readonly panels: PanelWriter;
  readonly peaks: PeakOps;

  constructor(simd: Simd, threads: number) {
    this.simd = simd;
    this.threads = threads;
    this.runtime = Runtime.get(simd);
    this.runtime.threads.grow(threads);
    this.ops = new KernelOps(this.runtime, threads);
    this.gradients = new GradientOps(this.runtime, threads);
    this.optimizer = new OptimizerOps(this.runtime, threads);
    this.panels = new PanelWriter(this.runtime, threads);
    this.peaks = new PeakOps(this.runtime, threads);
  }
}
