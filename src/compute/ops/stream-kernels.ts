/** Operations of parallel residual streams, as kernels. In shape comments: T rows, C width, n streams. */
import { createIndices } from "../batch.ts";
import { COPY, NORM } from "../kernels/costs.ts";
import { kernels } from "../kernels/table.ts";
import { dimensions, expectShape, type Indices, isSameShape, type Tensor } from "../tensor.ts";
import { RecurrentKernels } from "./recurrent-kernels.ts";
import type { StreamOps } from "./streams.ts";

export class StreamKernels extends RecurrentKernels implements StreamOps {
  idsBelow(ids: Indices, count: number): Indices {
    const found = this.runtime.memory.u32(ids.ptr, ids.length);
    if (found.every((id) => id < count)) return ids;
    return createIndices(
      this.runtime,
      Array.from(found, (id) => (id < count ? id : 0)),
    );
  }

  sideBySide(parts: readonly Tensor[]): Tensor {
    const [first] = parts as [Tensor];
    const [rows] = dimensions(first);
    expectShape(
      parts.every(({ shape }) => shape[0] === rows),
      () => `sideBySide: shapes ${parts.map(({ shape }) => shape).join(" and ")}`,
    );
    const out = this.tensor(
      rows,
      parts.reduce((sum, part) => sum + dimensions(part)[1], 0),
    );
    let to = 0;
    for (const part of parts) {
      const [, width] = dimensions(part);
      this.copy(out, to, part, 0, width);
      to += width;
    }
    return out;
  }

  matchMagnitude(y: Tensor, x: Tensor): Tensor {
    expectShape(isSameShape(x, y), () => `matchMagnitude: shapes ${y.shape} and ${x.shape}`);
    const [rows, width] = dimensions(x);
    this.run(kernels.matchMagnitude, rows, 2 * NORM * width, { y: y.ptr, x: x.ptr, width });
    return y;
  }

  mixStreams(x: Tensor, weights: Tensor): Tensor {
    const [rows, all] = dimensions(x);
    const count = Math.sqrt(dimensions(weights)[1]);
    const width = all / count;
    expectShape(
      weights.shape[0] === rows && Number.isInteger(count) && Number.isInteger(width),
      () => `mixStreams: shapes ${x.shape} and ${weights.shape}`,
    );
    const out = this.tensor(rows, all);
    const streams = { out: out.ptr, x: x.ptr, weights: weights.ptr, count, width };
    this.run(kernels.mixStreams, rows, count * all, streams);
    return out;
  }

  addToStreams(streams: Tensor, x: Tensor, first: number, weights?: Tensor): Tensor {
    const [rows, all] = dimensions(streams);
    const [xRows, width] = dimensions(x);
    const count = all / width;
    expectShape(
      xRows === rows && Number.isInteger(count) && (!weights || dimensions(weights)[1] === count),
      () => `addToStreams: shapes ${streams.shape}, ${x.shape} and ${weights?.shape}`,
    );
    this.run(kernels.addToStreams, rows, COPY * all, {
      streams: streams.ptr,
      x: x.ptr,
      weights: weights?.ptr ?? 0,
      count,
      width,
      first,
    });
    return streams;
  }

  sparsify(x: Tensor, width: number, deviations: number): Tensor {
    const [rows, stride] = dimensions(x);
    expectShape(width <= stride, () => `sparsify: ${width} columns of ${stride}`);
    this.run(kernels.sparsify, rows, 2 * NORM * width, { x: x.ptr, width, stride, deviations });
    return x;
  }
}
