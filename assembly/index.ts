/**
 * The module's face. Every kernel behind it is a pure function on linear memory: output first, then inputs, then sizes,
 * and last the slice [begin, end) of its output to compute. Addresses are multiples of 16, buffers are padded to 64 bytes,
 * sizes were checked by the caller; kernels never allocate and keep no state. They are run by name through `fork`:
 *
 * - matmul.ts      matrix product with packed weights
 * - attention.ts   causal attention over the blocks of a key/value cache
 * - norm.ts        layer norm, RMS norm
 * - activation.ts  GELU (tanh and erf), SiLU, SwiGLU
 * - rope.ts        rotary position embedding
 * - embedding.ts   lookup in packed weights
 * - softmax.ts     softmax of rows
 * - residual.ts    sum of two tensors
 * - pack.ts        stored weights to panels, 16-bit floats to f32
 * - tile.ts        the register tile of all matrix products
 * - kernel.ts      their numbers; dispatch.ts runs one by its number
 *
 * Of quantized weights:
 *
 * - matmul-quantized.ts   matrix product; quantized-tile.ts its tile, quantized-rows.ts its inputs
 * - repack.ts             ggml's blocks to panels of blocks; ggml-blocks.ts reads them, half.ts their scales
 * - quantize-panels.ts    panels of floats to panels of blocks
 *
 * Of training:
 *
 * - matmul-backward.ts, attention-backward.ts, norm-backward.ts, activation-backward.ts   gradients of the above
 * - cross-entropy.ts   the loss and its gradient
 * - dropout.ts         dropout as a function of place
 * - optimizer.ts       AdamW, norms of gradients
 *
 * Of measurement:
 *
 * - peak.ts   the most that the machine multiplies, reads and copies
 */
export { Kernel } from "./kernel";
export { fork, join, work } from "./parallel";
// Not for calls: what is exported stays a function of its own, which the optimizing compiler is done with in milliseconds.
export { multiplyAdds } from "./peak";
export { probe } from "./simd";
