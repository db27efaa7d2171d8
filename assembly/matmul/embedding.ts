/** Embedding lookup. It reads the panels of the matrix product, so a tied embedding is stored once. */
import { invertedBits } from "../quantized/block";

/**
 * out[row] = weights[ids[row]] for rows [begin, end): lane id % 8 of panel id / 8.
 *
 * @param out f32 [rows, width]
 * @param weights panels of T (f32, or u16 holding bfloat16), [ceil(vocabulary / 8)][width][8]
 * @param ids u32 [rows], each below the vocabulary size
 */
export function embedding<T>(
  out: usize,
  weights: usize,
  ids: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  const step = 8 * sizeof<T>();
  for (let row = begin; row < end; row++) {
    const id = <usize>load<u32>(ids + (row << 2));
    let from = weights + (id >> 3) * width * step + (id & 7) * sizeof<T>();
    let to = out + ((row * width) << 2);
    for (const stop = to + (width << 2); to < stop; to += 4) {
      f32.store(to, isFloat<T>() ? load<f32>(from) : reinterpret<f32>((<u32>load<u16>(from)) << 16));
      from += step;
    }
  }
}

/**
 * As `embedding`, from quantized weights (src/compute/packing/quantized-layouts.ts).
 *
 * @param block inputs that share a scale
 */
export function embeddingQuantized(
  out: usize,
  weights: usize,
  ids: usize,
  width: usize,
  bits: usize,
  block: usize,
  hasMin: bool,
  begin: usize,
  end: usize,
): void {
  const inputs = 32 / bits;
  const scales = block * bits;
  const blockBytes = scales + (hasMin ? 64 : 32);
  for (let row = begin; row < end; row++) {
    const id = <usize>load<u32>(ids + (row << 2));
    const lane = id & 7;
    let from = weights + (id >> 3) * (width / block) * blockBytes;
    let to = out + ((row * width) << 2);
    for (const stop = to + (width << 2); to < stop; from += blockBytes) {
      const scale = load<f32>(from + scales + (lane << 2));
      const least: f32 = hasMin ? load<f32>(from + scales + (lane << 2), 32) : 0;
      for (let i: usize = 0; i < block; i++) {
        const group = load<i32>(from + ((i / inputs) << 5) + (lane << 2)) ^ invertedBits(bits);
        const own = group >> <i32>((i % inputs) * bits);
        const integer = bits == 8 ? <i32>(<i8>own) : (own & 15) - (hasMin ? 0 : 8);
        f32.store(to, <f32>integer * scale + least);
        to += 4;
      }
    }
  }
}

/**
 * Gradient of the lookup: gradient[ids[row]] += dx[row] in the order of the rows, for columns [begin, end).
 *
 * @param gradient f32 panels, laid out like the weights
 * @param dx f32 [rows, width]
 */
export function embeddingGradient(
  gradient: usize,
  dx: usize,
  ids: usize,
  rows: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  for (let row: usize = 0; row < rows; row++) {
    const id = <usize>load<u32>(ids + (row << 2));
    let to = gradient + ((((id >> 3) * width + begin) * 8 + (id & 7)) << 2);
    let from = dx + ((row * width + begin) << 2);
    for (const stop = from + ((end - begin) << 2); from < stop; from += 4) {
      f32.store(to, f32.load(to) + f32.load(from));
      to += 32;
    }
  }
}
