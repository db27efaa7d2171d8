/** Operations that measure the peak rates of this machine. No model uses them. */

import type { Tensor } from "../tensor.ts";
import { elements, expectShape } from "../tensor.ts";
import { COPY } from "./costs.ts";
import { KernelRunner } from "./kernel-runner.ts";
import { ITEM_MULTIPLY_ADDS, kernels, STREAM_BLOCK } from "./table.ts";

/** Floating-point operations of an item of `multiplyAdds`. */
export const ITEM_FLOPS = 2 * ITEM_MULTIPLY_ADDS;

/** A cost at which a job is cut into as many slices as it has items. */
const HEAVY = 2 ** 30;

export class PeakOps extends KernelRunner {
  /** Multiply-adds on registers alone. */
  multiplyAdds(items: number): void {
    this.temporarily(() =>
      this.run(kernels.multiplyAdds, items, ITEM_MULTIPLY_ADDS, { out: this.tensor(items, 4).ptr }),
    );
  }

  /** Reads all elements, a multiple of 64 KiB. */
  read(x: Tensor): void {
    const blocks = blocksOf(x);
    this.temporarily(() => {
      this.run(kernels.readStream, blocks, COPY * STREAM_BLOCK, {
        out: this.tensor(blocks, 4).ptr,
        from: x.ptr,
      });
    });
  }

  /** Copies all elements, a multiple of 64 KiB. */
  copy(target: Tensor, x: Tensor): void {
    expectShape(elements(target.shape) === elements(x.shape), () => `copy: ${x.shape} into ${target.shape}`);
    this.run(kernels.copyStream, blocksOf(x), COPY * STREAM_BLOCK, { out: target.ptr, from: x.ptr });
  }

  /** A job of this many slices that does nothing. */
  nothing(slices: number): void {
    this.run(kernels.nothing, slices, HEAVY, {});
  }
}

function blocksOf({ shape }: Tensor): number {
  const blocks = (elements(shape) * 4) / STREAM_BLOCK;
  expectShape(Number.isInteger(blocks), () => `blocks of 64 KiB are needed, got ${shape}`);
  return blocks;
}
