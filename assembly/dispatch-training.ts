/** The table of the kernels that only training runs. */

import { f, u } from "./arguments";
import { Kernel } from "./kernel";
import { embeddingGradient } from "./matmul/embedding";
import { geluErfGradient, geluTanhGradient, siluGradient, swigluGradient } from "./training/activation";
import { attentionGradient } from "./training/attention";
import { crossEntropy } from "./training/cross-entropy";
import { dropout } from "./training/dropout";
import { inputGradient, interleaveColumns, STRETCH, weightGradient } from "./training/matmul";
import { normInputGradient, normStatistics, normWeightGradient } from "./training/norm";
import { adamW, sumSquares } from "./training/optimizer";

/** As `run` of dispatch.ts. */
export function runTraining(kernel: Kernel, a: usize, worker: usize, begin: usize, end: usize): void {
  switch (kernel) {
    case Kernel.interleaveColumns:
      return interleaveColumns(u(a, 0), u(a, 1), u(a, 2), u(a, 3), begin, end);
    case Kernel.inputGradient:
      return inputGradient(
        u(a, 0),
        u(a, 1),
        u(a, 2),
        u(a, 3),
        u(a, 4),
        u(a, 5),
        u(a, 6),
        stretch(a, 7, worker),
        begin,
        end,
      );
    case Kernel.weightGradient:
      return weightGradient(
        u(a, 0),
        u(a, 1),
        u(a, 2),
        u(a, 3),
        u(a, 4),
        u(a, 5),
        u(a, 6),
        stretch(a, 7, worker),
        begin,
        end,
      );
    case Kernel.embeddingGradient:
      return embeddingGradient(u(a, 0), u(a, 1), u(a, 2), u(a, 3), u(a, 4), begin, end);
    case Kernel.normStatistics:
      return normStatistics(u(a, 0), u(a, 1), u(a, 2), u(a, 3), u(a, 4), f(a, 5), u(a, 6) != 0, begin, end);
    case Kernel.normInputGradient:
      return normInputGradient(
        u(a, 0),
        u(a, 1),
        u(a, 2),
        u(a, 3),
        u(a, 4),
        u(a, 5),
        u(a, 6),
        u(a, 7) != 0,
        begin,
        end,
      );
    case Kernel.normWeightGradient:
      return normWeightGradient(
        u(a, 0),
        u(a, 1),
        u(a, 2),
        u(a, 3),
        u(a, 4),
        u(a, 5),
        u(a, 6),
        u(a, 7),
        u(a, 8),
        begin,
        end,
      );
    case Kernel.geluTanhGradient:
      return geluTanhGradient(u(a, 0), u(a, 1), begin, end);
    case Kernel.geluErfGradient:
      return geluErfGradient(u(a, 0), u(a, 1), begin, end);
    case Kernel.siluGradient:
      return siluGradient(u(a, 0), u(a, 1), begin, end);
    case Kernel.swigluGradient:
      return swigluGradient(u(a, 0), u(a, 1), u(a, 2), u(a, 3), begin, end);
    case Kernel.attentionGradient:
      return attentionGradient(
        u(a, 0),
        u(a, 1),
        u(a, 2),
        u(a, 3),
        u(a, 4),
        u(a, 5),
        u(a, 6),
        u(a, 7),
        f(a, 8),
        u(a, 9),
        u(a, 10),
        u(a, 11) + worker * u(a, 12),
        begin,
        end,
      );
    case Kernel.crossEntropy:
      return crossEntropy(u(a, 0), u(a, 1), u(a, 2), u(a, 3), f(a, 4), f(a, 5), begin, end);
    case Kernel.dropout:
      return dropout(u(a, 0), u(a, 1), begin, end);
    case Kernel.sumSquares:
      return sumSquares(u(a, 0), u(a, 1), u(a, 2), begin, end);
    case Kernel.adamW:
      return adamW(
        u(a, 0),
        u(a, 1),
        u(a, 2),
        u(a, 3),
        f(a, 4),
        f(a, 5),
        f(a, 6),
        f(a, 7),
        f(a, 8),
        f(a, 9),
        f(a, 10),
        f(a, 11),
        f(a, 12),
        begin,
        end,
      );
  }
}

/** The part of a thread in the scratch of the gradients of products. */
function stretch(a: usize, index: usize, worker: usize): usize {
  return u(a, index) + worker * (STRETCH << 5);
}
