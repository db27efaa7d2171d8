/** Latent attention as kernels. In shape comments: T rows, H heads. */
import { COPY } from "../kernels/costs.ts";
import { GROUP_RECORD, kernels } from "../kernels/table.ts";
import { dimensions, expectShape, type MatrixTable, type Tensor } from "../tensor.ts";
import type { LatentSizes } from "./attention-layers.ts";
import { ExpertKernels } from "./expert-kernels.ts";

export class LatentKernels extends ExpertKernels {
  latentHeads(queries: Tensor, absorbed: Tensor, latent: Tensor, sizes: LatentSizes): Tensor {
    const { nHead, rank, rotated, fixed } = sizes;
    const [rows] = dimensions(queries);
    const width = (nHead + 1) * (rotated + rank) + rank;
    const out = this.tensor(rows, width);
    this.run(kernels.latentHeads, rows, COPY * width, {
      out: out.ptr,
      queries: queries.ptr,
      absorbed: absorbed.ptr,
      latent: latent.ptr,
      heads: nHead,
      rank,
      fixed,
      turned: rotated,
    });
    return out;
  }

  linearOfHeads(x: Tensor, first: number, heads: MatrixTable): Tensor {
    const [rows, all] = dimensions(x);
    const { length: count } = heads.addresses;
    const [stride, width] = [all / count, heads.inputs];
    expectShape(first + width <= stride, () => `linearOfHeads: columns ${first} + ${width} of ${stride}`);
    const out = this.tensor(rows, count * heads.outputs);
    this.temporarily(() => {
      const own = this.tensor(count * rows, width);
      this.run(kernels.headsToRows, rows, COPY * count * width, {
        out: own.ptr,
        x: x.ptr + first * 4,
        rows,
        heads: count,
        stride,
        width,
      });
      const { memory } = this.runtime;
      const groups = { length: count, ptr: this.runtime.scratch.allocate(count * GROUP_RECORD) };
      const groupOf = this.indices(count * rows);
      const records = memory.u32(groups.ptr, 3 * count);
      const groupOfRow = memory.u32(groupOf.ptr, count * rows);
      for (let head = 0; head < count; head++) {
        records[3 * head] = head;
        records[3 * head + 1] = head * rows;
        records[3 * head + 2] = rows;
        groupOfRow.fill(head, head * rows, (head + 1) * rows);
      }
      const made = this.product(own, heads, undefined, groups, groupOf, rows === 1);
      this.run(kernels.rowsToHeads, rows, COPY * count * heads.outputs, {
        out: out.ptr,
        x: made.ptr,
        rows,
        heads: count,
        width: heads.outputs,
      });
    });
    return out;
  }
}
