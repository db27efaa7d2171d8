/**
 * Heads of multi-head latent attention (DeepSeek-AI 2024, "DeepSeek-V2", section 2.1). The cache holds a
 * latent vector and one rotated key of each position. The matrices that expand the vector to the keys and the
 * values of a head stand at the queries and at the output: q (B c) = (B^T q) c.
 *
 * Shapes as on the page; K width of the latent vector, R rotated dimensions of a head, N others.
 */
import type { Ops } from "../../compute/ops/ops.ts";
import type { Tensor } from "../../compute/tensor.ts";
import { linear, normalize } from "../layers.ts";
import type { LatentHeads } from "../modules.ts";

/** Queries, and the key and the value of all heads: (T, C) -> (T, H (R + K) + (R + K) + K) */
export function latentHeads(ops: Ops, { queries, latent, keys, sizes }: LatentHeads, x: Tensor): Tensor {
  const { down, downNorm, up } = queries;
  const short = down ? normalize(ops, downNorm, linear(ops, x, down)) : x;
  const projected = linear(ops, short, up); //                                                      (T, H (N + R))
  const absorbed = ops.linearOfHeads(projected, 0, keys); //                                        (T, H K)
  const vectors = linear(ops, x, latent.down); //                                                   (T, K + R)
  ops.normalizeHeads(vectors, latent.norm, 0, 1); // the first K
  return ops.latentHeads(projected, absorbed, vectors, sizes);
}

/** The values of each head, of its sum of latent vectors: (T, H K) -> (T, H Dv) */
export const latentValues = (ops: Ops, { values }: LatentHeads, mixed: Tensor): Tensor =>
  ops.linearOfHeads(mixed, 0, values);
