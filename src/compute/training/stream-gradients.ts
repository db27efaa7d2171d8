/** Gradients of parallel residual streams. Shapes: T rows, C width, n streams side by side. */
import { COPY, NORM } from "../kernels/costs.ts";
import { kernels } from "../kernels/table.ts";
import { dimensions, type Tensor } from "../tensor.ts";
import { ExpertGradients } from "./expert-gradients.ts";

export class StreamGradients extends ExpertGradients {
  /** `gradient` becomes that of y; that of x is added to dx. @param y before it was scaled */
  matchMagnitude(gradient: Tensor, dx: Tensor, y: Tensor, x: Tensor): void {
    const [rows, width] = dimensions(x);
    const parts = { gradient: gradient.ptr, dx: dx.ptr, y: y.ptr, x: x.ptr, width };
    this.run(kernels.matchMagnitudeGradient, rows, 4 * NORM * width, parts);
  }

  /** (T, n C) -> (T, n C), (T, n n) */
  mixStreams(dx: Tensor, dweights: Tensor, gradient: Tensor, x: Tensor, weights: Tensor): void {
    const [rows, all] = dimensions(x);
    const count = Math.sqrt(dimensions(weights)[1]);
    this.run(kernels.mixStreamsGradient, rows, 2 * count * all, {
      dx: dx.ptr,
      dweights: dweights.ptr,
      gradient: gradient.ptr,
      x: x.ptr,
      weights: weights.ptr,
      count,
      width: all / count,
    });
  }

  /** (T, n C) -> (T, C), (T, n) */
  addToStreams(
    dx: Tensor,
    dweights: Tensor | undefined,
    gradient: Tensor,
    x: Tensor,
    first: number,
    weights: Tensor | undefined,
  ): void {
    const [rows, width] = dimensions(x);
    const [, all] = dimensions(gradient);
    this.run(kernels.addToStreamsGradient, rows, 2 * COPY * all, {
      dx: dx.ptr,
      dweights: dweights?.ptr ?? 0,
      gradient: gradient.ptr,
      x: x.ptr,
      weights: weights?.ptr ?? 0,
      count: all / width,
      width,
      first,
    });
  }

  /** `gradient` becomes that of x, as x was. */
  sparsify(gradient: Tensor, x: Tensor, width: number, deviations: number): void {
    const [rows, stride] = dimensions(x);
    const parts = { gradient: gradient.ptr, x: x.ptr, width, stride, deviations };
    this.run(kernels.sparsifyGradient, rows, 4 * NORM * width, parts);
  }
}
