/** What no model needs: operations that find out what this machine can do at best. */

import type { Tensor } from "../tensor.ts";
import { elements, expectShape } from "../tensor.ts";
import { COPY } from "./costs.ts";
import { KernelRunner } from "./kernel-runner.ts";

/** As in assembly/measurement/peak.ts. */
const BLOCK_BYTES = 1 << 16;
const ITEM_MULTIPLY_ADDS = 1024 * 12 * 4;

/** Floating-point operations of an item of `multiplyAdds`. */
export const ITEM_FLOPS = 2 * ITEM_MULTIPLY_ADDS;

/** A cost at which a job is cut into as many slices as it has items. */
const HEAVY = 2 ** 30;

export class PeakOps extends KernelRunner {
  /** Multiply-adds on registers alone. */
  multiplyAdds(items: number): void {
    this.temporarily(() => this.run("multiplyAdds", items, ITEM_MULTIPLY_ADDS, this.tensor(items, 4).ptr));
  }

  /** Reads all elements, a multiple of 64 KiB. */
  read(x: Tensor): void {
    const blocks = blocksOf(x);
    this.temporarily(() => {
      this.run("readStream", blocks, COPY * BLOCK_BYTES, this.tensor(blocks, 4).ptr, x.ptr);
    });
  }

  /** Copies all elements, a multiple of 64 KiB. */
  copy(target: Tensor, x: Tensor): void {
    expectShape(elements(target.shape) === elements(x.shape), () => `copy: ${x.shape} into ${target.shape}`);
    this.run("copyStream", blocksOf(x), COPY * BLOCK_BYTES, target.ptr, x.ptr);
  }

  /** A job of so many slices in which nothing is done. */
  nothing(slices: number): void {
    this.run("nothing", slices, HEAVY);
  }
}

function blocksOf({ shape }: Tensor): number {
  const blocks = (elements(shape) * 4) / BLOCK_BYTES;
  expectShape(Number.isInteger(blocks), () => `blocks of 64 KiB are needed, got ${shape}`);
  return blocks;
}
