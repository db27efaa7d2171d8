/**
 * The module's face. Every kernel behind it is a pure function on linear memory: output first, then inputs, then sizes,
 * and last the slice [begin, end) of its output to compute. Addresses are multiples of 16, buffers are padded to 64 bytes,
 * sizes were checked by the caller; kernels never allocate and keep no state. They are run by name through `fork`:
 *
 * - matmul/      matrix product with packed weights, its register tile, lookup in packed weights
 * - quantized/   matrix product with quantized weights: its tile, one row, inputs as integers
 * - attention/   causal attention over the blocks of a key/value cache, f32 and int8; rotary embedding
 * - norm/        layer norm, RMS norm, softmax
 * - activation/  GELU (tanh and erf), SiLU, SwiGLU; sums
 * - packing/     stored weights to panels, ggml's blocks to panels of blocks
 * - training/    gradients of the above, cross-entropy, dropout, AdamW
 * - measurement/ the most that the machine multiplies, reads and copies
 * - kernels.json the table of kernels: the build generates their numbers, the dispatch and their face in TypeScript
 * - threads.ts   divides a job among threads
 */
// Not for calls: what is exported stays a function of its own, which the optimizing compiler is done with in milliseconds.
export { multiplyAdds } from "./measurement/peak";
export { probe } from "./simd";
export { fork, join, work } from "./threads";
