/**
 * Heads of multi-head latent attention (DeepSeek-AI 2024, "DeepSeek-V2", section 2.1): queries and a latent
 * vector of each row, from which the keys and values of all heads follow. The page stores these in the cache.
 *
 * Shapes as on the page; K width of the latent vector, R rotated dimensions of a head, N others.
 */
import type { Ops } from "../../compute/ops/ops.ts";
import type { Tensor } from "../../compute/tensor.ts";
import { linear, normalize } from "../layers.ts";
import type { LatentHeads } from "../modules.ts";

/** (T, C) -> (T, H (R + N) + H (R + N) + H Dv) */
export function latentHeads(ops: Ops, { queries, latent, expand, sizes }: LatentHeads, x: Tensor): Tensor {
  const { down, downNorm, up } = queries;
  const short = down ? normalize(ops, downNorm, linear(ops, x, down)) : x;
  const projected = linear(ops, short, up); //                                                      (T, H (N + R))
  const vectors = linear(ops, x, latent.down); //                                                   (T, K + R)
  ops.normalizeHeads(vectors, latent.norm, 0, 1); // the first K
  const keysValues = linear(ops, ops.withoutColumns(vectors, sizes.rank, sizes.rotated), expand);
  return ops.latentHeads(projected, vectors, keysValues, sizes);
}
