/** Operations of latent attention, with their backward halves on a tape. Shapes as in ops.ts. */
import type { LatentSizes } from "../ops/attention-layers.ts";
import { dimensions, type MatrixTable, type Tensor } from "../tensor.ts";
import { NO_WEIGHTS } from "./recording-elements.ts";
import { RecordingExperts } from "./recording-experts.ts";

export abstract class RecordingLatent extends RecordingExperts {
  /** The gradient of the key and of the value that all heads share goes to the latent vector twice. */
  override latentHeads(queries: Tensor, absorbed: Tensor, latent: Tensor, sizes: LatentSizes): Tensor {
    const tape = this.tape;
    const { nHead, rank, rotated, fixed } = sizes;
    const out = super.latentHeads(queries, absorbed, latent, sizes);
    return tape.record(out, [queries, absorbed, latent], NO_WEIGHTS, (gradient) => {
      const [dqueries, dabsorbed, dlatent] = [queries, absorbed, latent].map((x) => tape.takeWhole(x)) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const own = rotated + rank;
      for (let head = 0; head < nHead; head++) {
        const turned = head * (fixed + rotated) + fixed;
        tape.ops.addPairs(dqueries, turned, gradient, head * own, rotated);
        tape.ops.addColumns(dabsorbed, head * rank, gradient, head * own + rotated, rank);
      }
      const key = nHead * own;
      tape.ops.addPairs(dlatent, rank, gradient, key, rotated);
      tape.ops.addColumns(dlatent, 0, gradient, key + rotated, rank);
      tape.ops.addColumns(dlatent, 0, gradient, key + own, rank);
      tape.release(gradient);
      tape.give(queries, dqueries);
      tape.give(absorbed, dabsorbed);
      tape.give(latent, dlatent);
    });
  }

  override linearOfHeads(x: Tensor, first: number, heads: MatrixTable): Tensor {
    const tape = this.tape;
    const { length: count } = heads.addresses;
    const { inputs, outputs } = heads;
    const [rows, all] = dimensions(x);
    const matrices = Array.from({ length: count }, (_, head) => tape.ops.matrixIn(heads, head));
    const targets = matrices.map((matrix) => tape.gradientsOf(matrix));
    const trained = targets.find(({ weight }) => weight > 0) ?? NO_WEIGHTS;
    return tape.record(super.linearOfHeads(x, first, heads), [x], trained, (gradient) => {
      const dx = tape.isDependent(x) ? tape.takeWhole(x) : undefined;
      for (const [head, matrix] of matrices.entries()) {
        const begin = (head * all) / count + first;
        const [dy, own] = [tape.allocate(rows, outputs), tape.allocate(rows, inputs)];
        tape.ops.columns(dy, gradient, head * outputs, 1);
        const target = targets[head] ?? NO_WEIGHTS;
        if (target.weight > 0) {
          tape.ops.columns(own, x, begin, 1);
          tape.ops.linearWeights(target, dy, own);
        }
        if (dx) {
          tape.ops.linearInput(own, dy, matrix);
          tape.ops.addColumns(dx, begin, own, 0, inputs);
        }
        tape.release(dy);
        tape.release(own);
      }
      tape.release(gradient);
      if (dx) tape.give(x, dx);
    });
  }
}
