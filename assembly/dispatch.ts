/** The table of kernels: runs one by its number, with arguments from memory. */
import { geluErf, geluTanh, silu, swiglu } from "./activation";
import { geluErfGradient, geluTanhGradient, siluGradient, swigluGradient } from "./activation-backward";
import { attention, storeKeysValues, TILE } from "./attention";
import { attentionGradient } from "./attention-backward";
import { crossEntropy } from "./cross-entropy";
import { dropout } from "./dropout";
import { embedding, embeddingGradient } from "./embedding";
import { interleaveRows, matmul } from "./matmul";
import { inputGradient, interleaveColumns, STRETCH, weightGradient } from "./matmul-backward";
import { layerNorm, rmsNorm } from "./norm";
import { normInputGradient, normStatistics, normWeightGradient } from "./norm-backward";
import { adamW, sumSquares } from "./optimizer";
import { pack, unpack } from "./pack";
import { add } from "./residual";
import { rope } from "./rope";
import { softmax } from "./softmax";

/** What a job can run. The values are exported, for the caller to name a kernel by. */
export enum Kernel {
  embeddingF32,
  embeddingBF16,
  matmulF32,
  matmulBF16,
  interleaveRows,
  layerNorm,
  rmsNorm,
  geluTanh,
  geluErf,
  silu,
  swiglu,
  add,
  softmax,
  rope,
  storeKeysValues,
  attention,
  packF32,
  packF16,
  packBF16,
  packBF16Kept,
  unpack,
  interleaveColumns,
  inputGradient,
  weightGradient,
  embeddingGradient,
  normStatistics,
  normInputGradient,
  normWeightGradient,
  geluTanhGradient,
  geluErfGradient,
  siluGradient,
  swigluGradient,
  attentionGradient,
  crossEntropy,
  dropout,
  sumSquares,
  adamW,
}

/**
 * Calls a kernel for items [begin, end) of its output. `a` is the address of its other arguments, f64 each, so that numbers
 * of every kind pass from JavaScript as they are.
 *
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
    default:
      return runGradient(kernel, a, worker, begin, end);
  }
}

/** The kernels of training. */
function runGradient(kernel: Kernel, a: usize, worker: usize, begin: usize, end: usize): void {
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

/** Each thread has scores of its own. */
function runAttention(a: usize, worker: usize, begin: usize, end: usize): void {
  const layer = u(a, 4);
  const heads = u(a, 6);
  const kvHeads = u(a, 7);
  const headDim = u(a, 8);
  const scoreBytes = u(a, 12);
  const scores = u(a, 11) + worker * TILE * scoreBytes;
  attention(
    u(a, 0),
    u(a, 1),
    u(a, 2),
    u(a, 3),
    layer,
    u(a, 5),
    heads,
    kvHeads,
    headDim,
    f(a, 9),
    u(a, 10),
    scores,
    scoreBytes,
    begin,
    end,
  );
}

function runMatmul<T>(a: usize, begin: usize, end: usize): void {
  matmul<T>(u(a, 0), u(a, 1), u(a, 2), u(a, 3), u(a, 4), u(a, 5), u(a, 6), begin, end);
}

function runPack<S, P>(a: usize, begin: usize, end: usize): void {
  pack<S, P>(u(a, 0), u(a, 1), u(a, 2), u(a, 3), u(a, 4), u(a, 5), u(a, 6), u(a, 7), u(a, 8), begin, end);
}

function u(a: usize, index: usize): usize {
  return <usize>load<f64>(a + (index << 3));
}

function f(a: usize, index: usize): f32 {
  return <f32>load<f64>(a + (index << 3));
}
