/** Embedding lookup. It reads the panels of the matrix product, so a tied embedding is stored once. */
import { widen } from "../packing/half";
import { INVERTED_BYTES } from "../quantized/block";
import { commonPanelBytes, decode } from "../quantized/decode";
import { Layout, Layouts } from "../quantized/layout";
import { LINE, weightAt } from "./tile";

/**
 * out[row] = weights[ids[row]] for rows [begin, end): lane id % 8 of panel id / 8.
 *
 * @param out f32 [rows, width]
 * @param weights panels of T (f32, u16 holding bfloat16, i16 holding float16)
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
  for (let row = begin; row < end; row++) {
    const id = <usize>load<u32>(ids + (row << 2));
    let from = weightAt<T>(weights, id, width);
    let to = out + ((row * width) << 2);
    for (const stop = to + (width << 2); to < stop; to += 4) {
      f32.store(to, widen<T>(from));
      from += LINE;
    }
  }
}

/**
 * As `embedding`, from quantized weights (quantized/layout.ts). The panel of a row is decoded to the common
 * form, all eight outputs of it: that is less than a product of the row.
 *
 * @param scratch [threads] panels of `width` inputs in the common form
 */
export function embeddingQuantized(
  out: usize,
  weights: usize,
  panelBytes: usize,
  ids: usize,
  width: usize,
  layout: Layout,
  scratch: usize,
  worker: usize,
  begin: usize,
  end: usize,
): void {
  const block = Layouts.block(layout);
  const zero = Layouts.zero(layout);
  const inverted = Layouts.isSigned(layout) ? INVERTED_BYTES : 0;
  const decoded = scratch + worker * commonPanelBytes(layout, width);
  for (let row = begin; row < end; row++) {
    const id = <usize>load<u32>(ids + (row << 2));
    const panel = weights + (id >> 3) * panelBytes;
    decode(layout, decoded, panel, panel + panelBytes);
    let from = decoded + ((id & 7) << 2);
    let to = out + ((row * width) << 2);
    for (const stop = to + (width << 2); to < stop; from += Layouts.commonBytes(layout)) {
      const scale = load<f32>(from + (block << 3));
      const least: f32 = Layouts.hasMin(layout) ? load<f32>(from + (block << 3), 32) : 0;
      for (let i: usize = 0; i < block; i++) {
        const group = load<i32>(from + ((i >> 2) << 5)) ^ inverted;
        const integer = <i32>(<i8>(group >> <i32>((i & 3) << 3))) - zero;
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
