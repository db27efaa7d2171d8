/**
 * Exports of the module. A kernel is a pure function on linear memory. Its parameters are the output, the
 * inputs, the sizes, and last the slice [begin, end) of the output to compute. Addresses are multiples of 16,
 * and buffers are padded to 64 bytes. The caller has checked the sizes. Kernels never allocate and keep no
 * state. `fork` runs a kernel by its number:
 *
 * - matmul/      matrix product with packed weights, its register tile, lookup in packed weights
 * - quantized/   matrix product with quantized weights: its tile, one row, inputs as integers
 * - experts/     mixtures of experts: the choice of experts, rows grouped by expert, their products
 * - attention/   causal attention over the blocks of a key/value cache, of several types; rotary embedding
 * - norm/        layer norm, RMS norm, softmax
 * - activation/  GELU (tanh and erf), SiLU, SwiGLU; sums
 * - recurrent/  layers with a state: causal convolution, steps and decays, the recurrence
 * - streams/     parallel residual streams
 * - packing/     stored weights to panels, ggml's blocks to panels of blocks
 * - encoding/    rows of floats to ggml's blocks
 * - training/    gradients of the above, cross-entropy, dropout, AdamW
 * - measurement/ peak rates of multiplying, reading and copying
 * - kernels.json the table of kernels: the build generates numbers, dispatch and TypeScript types from it
 * - threads.ts   divides a job among threads
 */
// No caller outside needs it. An exported function is not inlined, and the optimizing compiler finishes it in
// milliseconds.
export { multiplyAdds } from "./measurement/peak";
export { probeDots } from "./quantized/block";
export { probe } from "./simd";
export { fork, join, work } from "./threads";
