/** The page of each kind of recurrent layer. */
import type { Batch } from "../../compute/batch.ts";
import type { Ops } from "../../compute/ops/ops.ts";
import type { Tensor } from "../../compute/tensor.ts";
import { deltaNet } from "./delta-net.ts";
import { mamba } from "./mamba.ts";
import type { RecurrentLayer } from "./modules.ts";
import { shortConvolution } from "./short-convolution.ts";

/** A layer with a state, which it reads and writes: (T, C) -> (T, C) */
export function recurrent(ops: Ops, layer: RecurrentLayer, batch: Batch, x: Tensor): Tensor {
  switch (layer.kind) {
    case "delta-net":
      return deltaNet(ops, layer, batch, x);
    case "mamba":
      return mamba(ops, layer, batch, x);
    case "short-convolution":
      return shortConvolution(ops, layer, batch, x);
  }
}
