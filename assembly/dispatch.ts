/** The table of kernels: runs one by its number, with arguments from memory. */
import { geluErf, geluTanh, silu, swiglu } from "./activation/activation";
import { addScaled } from "./activation/add-scaled";
import { add } from "./activation/residual";
import { f, u } from "./arguments";
import { attention, TILE } from "./attention/attention";
import { storeKeysValues } from "./attention/kv-store";
import { rope } from "./attention/rope";
import { runTraining } from "./dispatch-training";
import { Kernel } from "./kernel";
import { embedding, embeddingQuantized } from "./matmul/embedding";
import { interleaveRows, matmul } from "./matmul/matmul";
import { copyStream, multiplyAdds, readStream } from "./measurement/peak";
import { layerNorm, rmsNorm } from "./norm/norm";
import { softmax } from "./norm/softmax";
import { GgmlType } from "./packing/ggml-blocks";
import { pack, unpack } from "./packing/pack";
import { quantizePanels } from "./packing/quantize-panels";
import { repack } from "./packing/repack";
import { matmulQuantized } from "./quantized/matmul-quantized";
import { quantizeRows } from "./quantized/rows";

/**
 * Calls a kernel for items [begin, end) of its output.
 *
 * @param a address of its other arguments
 * @param worker number of the calling thread
 */
export function run(kernel: Kernel, a: usize, worker: usize, begin: usize, end: usize): void {
  switch (kernel) {
    case Kernel.embeddingF32:
      return embedding<f32>(u(a, 0), u(a, 1), u(a, 2), u(a, 3), begin, end);
    case Kernel.embeddingBF16:
      return embedding<u16>(u(a, 0), u(a, 1), u(a, 2), u(a, 3), begin, end);
    case Kernel.matmulF32:
      return runMatmul<f32>(a, begin, end);
    case Kernel.matmulBF16:
      return runMatmul<u16>(a, begin, end);
    case Kernel.embeddingQuantized:
      return runEmbeddingQuantized(a, begin, end);
    case Kernel.matmulQuantized:
      return matmulQuantized(a, begin, end);
    case Kernel.quantizeRows:
      return quantizeRows(u(a, 0), u(a, 1), u(a, 2), u(a, 3), u(a, 4), u(a, 5), u(a, 6) != 0, begin, end);
    case Kernel.interleaveRows:
      return interleaveRows(u(a, 0), u(a, 1), u(a, 2), u(a, 3), begin, end);
    case Kernel.layerNorm:
      return layerNorm(u(a, 0), u(a, 1), u(a, 2), u(a, 3), u(a, 4), f(a, 5), begin, end);
    case Kernel.rmsNorm:
      return rmsNorm(u(a, 0), u(a, 1), u(a, 2), u(a, 3), u(a, 4), u(a, 5), f(a, 6), begin, end);
    case Kernel.geluTanh:
      return geluTanh(u(a, 0), u(a, 1), begin, end);
    case Kernel.geluErf:
      return geluErf(u(a, 0), u(a, 1), begin, end);
    case Kernel.silu:
      return silu(u(a, 0), u(a, 1), begin, end);
    case Kernel.swiglu:
      return swiglu(u(a, 0), u(a, 1), u(a, 2), begin, end);
    case Kernel.add:
      return add(u(a, 0), u(a, 1), u(a, 2), begin, end);
    case Kernel.addScaled:
      return addScaled(u(a, 0), u(a, 1), u(a, 2), u(a, 3), u(a, 4), f(a, 5), begin, end);
    case Kernel.softmax:
      return softmax(u(a, 0), u(a, 1), u(a, 2), begin, end);
    case Kernel.rope:
      return rope(u(a, 0), u(a, 1), u(a, 2), u(a, 3), u(a, 4), u(a, 5), u(a, 6), f(a, 7), begin, end);
    case Kernel.storeKeysValues:
      return storeKeysValues(
        u(a, 0),
        u(a, 1),
        u(a, 2),
        u(a, 3),
        u(a, 4),
        u(a, 5),
        u(a, 6),
        u(a, 7),
        u(a, 8) != 0,
        begin,
        end,
      );
    case Kernel.attention:
      return runAttention(a, worker, begin, end);
    case Kernel.packF32:
      return runPack<f32, f32>(a, begin, end);
    case Kernel.packF16:
      return runPack<i16, f32>(a, begin, end);
    case Kernel.packBF16:
      return runPack<u16, f32>(a, begin, end);
    case Kernel.packBF16Kept:
      return runPack<u16, u16>(a, begin, end);
    case Kernel.unpack:
      return unpack(u(a, 0), u(a, 1), u(a, 2), u(a, 3), u(a, 4), u(a, 5), u(a, 6), u(a, 7), begin, end);
    case Kernel.nothing:
      return;
    case Kernel.multiplyAdds:
      return multiplyAdds(u(a, 0), begin, end);
    case Kernel.readStream:
      return readStream(u(a, 0), u(a, 1), begin, end);
    case Kernel.copyStream:
      return copyStream(u(a, 0), u(a, 1), begin, end);
    case Kernel.repack:
      return runRepack(a, begin, end);
    case Kernel.quantizePanels:
      return quantizePanels(u(a, 0), u(a, 1), u(a, 2), u(a, 3), u(a, 4), begin, end);
    default:
      return runTraining(kernel, a, worker, begin, end);
  }
}

/** Each thread has scores of its own. */
function runAttention(a: usize, worker: usize, begin: usize, end: usize): void {
  const heads = u(a, 6);
  const byRow = u(a, 12) != 0;
  const scoreBytes = u(a, 14);
  const scores = u(a, 13) + worker * (byRow ? heads : TILE) * scoreBytes;
  attention(
    u(a, 0),
    u(a, 1),
    u(a, 2),
    u(a, 3),
    u(a, 4),
    u(a, 5),
    heads,
    u(a, 7),
    u(a, 8),
    f(a, 9),
    u(a, 10) != 0,
    u(a, 11),
    byRow,
    scores,
    scoreBytes,
    begin,
    end,
  );
}

function runMatmul<T>(a: usize, begin: usize, end: usize): void {
  matmul<T>(u(a, 0), u(a, 1), u(a, 2), u(a, 3), u(a, 4), u(a, 5), u(a, 6), begin, end);
}

function runEmbeddingQuantized(a: usize, begin: usize, end: usize): void {
  embeddingQuantized(u(a, 0), u(a, 1), u(a, 2), u(a, 3), u(a, 4), u(a, 5), u(a, 6) != 0, begin, end);
}

function runRepack(a: usize, begin: usize, end: usize): void {
  repack(
    u(a, 0),
    u(a, 1),
    <GgmlType>u(a, 2),
    u(a, 3),
    u(a, 4),
    u(a, 5),
    u(a, 6),
    u(a, 7),
    u(a, 8),
    u(a, 9) != 0,
    begin,
    end,
  );
}

function runPack<S, P>(a: usize, begin: usize, end: usize): void {
  pack<S, P>(u(a, 0), u(a, 1), u(a, 2), u(a, 3), u(a, 4), u(a, 5), u(a, 6), u(a, 7), u(a, 8), begin, end);
}
