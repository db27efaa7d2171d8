/** Packs stored weights into panels of 8 outputs, and unpacks them. A vector is a matrix with one input. */
import { LINE, weightAt } from "../matmul/tile";
import { widen } from "./half";

/**
 * Packs a chunk of a stored matrix into panels. Element (i, j) of the chunk is read at `source + i *
 * rowStride + j * columnStride` (bytes) and becomes output `firstOutput + i`, input `firstInput + j`.
 *
 * @param panels panels of P (f32, or u16 for 16 bits that stay as they are) of the whole matrix, `inputs`
 *   wide
 * @param source elements of S (f32, u16 holding bfloat16, i16 holding float16)
 * @param firstOutput output of row 0 of the chunk
 * @param begin first row of the chunk to pack
 * @param end row to stop before
 */
export function pack<S, P>(
  panels: usize,
  source: usize,
  rowStride: usize,
  columnStride: usize,
  inputs: usize,
  firstOutput: usize,
  firstInput: usize,
  columns: usize,
  begin: usize,
  end: usize,
): void {
  for (let i = begin; i < end; i++) {
    const output = firstOutput + i;
    let to = weightAt<P>(panels, output, inputs) + firstInput * LINE;
    let from = source + i * rowStride;
    for (let j: usize = 0; j < columns; j++) {
      if (isFloat<P>()) store<f32>(to, widen<S>(from));
      else store<u16>(to, load<u16>(from));
      to += LINE;
      from += columnStride;
    }
  }
}

/**
 * Unpacks a chunk from panels: the inverse of `pack` from f32 to f32.
 *
 * @param target f32, element (i, j) of the chunk at `target + i * rowStride + j * columnStride`
 */
export function unpack(
  target: usize,
  panels: usize,
  rowStride: usize,
  columnStride: usize,
  inputs: usize,
  firstOutput: usize,
  firstInput: usize,
  columns: usize,
  begin: usize,
  end: usize,
): void {
  for (let i = begin; i < end; i++) {
    const output = firstOutput + i;
    let from = weightAt<f32>(panels, output, inputs) + firstInput * LINE;
    let to = target + i * rowStride;
    for (let j: usize = 0; j < columns; j++) {
      store<f32>(to, load<f32>(from));
      from += LINE;
      to += columnStride;
    }
  }
}
