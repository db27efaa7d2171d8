/**
 * Parallel residual streams (AltUp, Baykal et al. 2023), as Gemma 3n has them: a layer computes one stream,
 * and predicts and corrects the others.
 *
 * Shapes: T rows, C width, n streams, which lie side by side.
 */
import type { Ops } from "../../compute/ops/ops.ts";
import type { Tensor } from "../../compute/tensor.ts";
import { layerInput } from "../layer-inputs/layer-inputs.ts";
import { linear } from "../layers.ts";
import type { LayerStreams, Streams } from "./modules.ts";

/** The embedding, and projections of it that are as long: (T, C) -> (T, n C). One stream is the embedding. */
export function widen(ops: Ops, streams: Streams | undefined, x: Tensor): Tensor {
  if (streams === undefined) return x;
  const others = streams.into.map((projection) => ops.matchMagnitude(linear(ops, x, projection), x)); //    (T, C) each
  return ops.sideBySide([x, ...others]); //                                                         (T, n C)
}

/** The mean of the first stream and projections of the others that are as long: (T, n C) -> (T, C) */
export function narrow(ops: Ops, streams: Streams | undefined, x: Tensor): Tensor {
  if (streams === undefined) return x;
  const count = streams.outOf.length + 1;
  const width = (x.shape[1] as number) / count;
  const first = ops.columns(x, 0, width); //                                                        (T, C)
  let sum = ops.columns(x, 0, width);
  for (const [i, projection] of streams.outOf.entries()) {
    const other = linear(ops, ops.columns(x, (i + 1) * width, width), projection); //               (T, C)
    sum = ops.add(sum, ops.matchMagnitude(other, first));
  }
  return ops.scale(sum, 1 / count); //                                                              (T, C)
}

/**
 * A layer of streams: (T, n C) -> (T, n C)
 *
 * @param run the sublayers, (T, C) -> (T, C), in the place of their input
 * @param inputs vectors of the rows for all layers
 */
export function alternatingUpdates(
  ops: Ops,
  streams: LayerStreams,
  inputs: Tensor | undefined,
  run: (x: Tensor) => Tensor,
  x: Tensor,
): Tensor {
  return ops.update(x, () => {
    const { active, prediction, correction, scales, input } = streams;
    const width = streams.router.weight.inputs;
    const own = (streams: Tensor) => ops.columns(streams, active * width, width); //                (T, C)
    const guess = ops.mixStreams(x, linear(ops, modalities(ops, streams, own(x)), prediction)); //  (T, n C)
    const y = run(own(guess)); //                                                                   (T, C)
    const weights = linear(ops, modalities(ops, streams, y), correction); //                        (T, n)
    const error = ops.add(ops.scale(own(guess), -1), y); //                                         (T, C)
    const corrected = ops.addToStreams(guess, error, 0, weights); //                                (T, n C)
    if (input === undefined || inputs === undefined) return corrected;
    const z = scales ? ops.multiply(own(corrected), scales) : own(corrected); //                    (T, C)
    return ops.addToStreams(corrected, layerInput(ops, input, inputs, z), 1);
  });
}

/** tanh(router(norm(x) / C)): (T, C) -> (T, n) */
function modalities(ops: Ops, { norm, router }: LayerStreams, x: Tensor): Tensor {
  const small = ops.scale(ops.normalize(x, norm), 1 / router.weight.inputs); //                     (T, C)
  return ops.activation("tanh", linear(ops, small, router)); //                                     (T, n)
}
