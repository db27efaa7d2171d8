/** All operations of one build of the kernels on so many threads. */
import { GradientOps } from "../compute/gradient-ops.ts";
import type { Simd } from "../compute/kernels.ts";
import { Ops } from "../compute/ops.ts";
import { OptimizerOps } from "../compute/optimizer-ops.ts";
import { PanelWriter } from "../compute/panel-writer.ts";
import { PeakOps } from "../compute/peak-ops.ts";
import { Runtime } from "../compute/runtime.ts";

export class Operations {
  readonly simd: Simd;
  readonly threads: number;
  readonly runtime: Runtime;
  readonly ops: Ops;
  readonly gradients: GradientOps;
  readonly optimizer: OptimizerOps;
  readonly panels: PanelWriter;
  readonly peaks: PeakOps;

  constructor(simd: Simd, threads: number) {
    this.simd = simd;
    this.threads = threads;
    this.runtime = Runtime.get(simd);
    this.runtime.threads.grow(threads);
    this.ops = new Ops(this.runtime, threads);
    this.gradients = new GradientOps(this.runtime, threads);
    this.optimizer = new OptimizerOps(this.runtime, threads);
    this.panels = new PanelWriter(this.runtime, threads);
    this.peaks = new PeakOps(this.runtime, threads);
  }
}
