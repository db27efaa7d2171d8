/** Checks of all formats: each tensor lies within its file, and no two tensors share a byte. */
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import type { StoredTensor } from "./checkpoint.ts";

/** The number of elements. Undefined if a double does not hold it exactly. */
export function elementCount(shape: readonly number[]): number | undefined {
  if (shape.includes(0)) return 0;
  const count = shape.reduce((product, size) => product * size, 1);
  return Number.isSafeInteger(count) ? count : undefined;
}

/**
 * @throws GptError `invalid-file` for the first tensor that is outside a file of `size` bytes or overlaps
 *   another
 */
export function checkLayout(path: string, size: number, tensors: Iterable<StoredTensor>): void {
  const byOffset = [...tensors].sort((a, b) => a.offset - b.offset);
  let previous: StoredTensor | undefined;
  for (const tensor of byOffset) {
    const end = tensor.offset + tensor.byteLength;
    if (end > size) {
      const problem = `tensor ${quote(tensor.name)} ends at byte ${end}, but the file has ${size}`;
      throw new GptError("invalid-file", `${path}: ${problem}: it is cut short, fetch it again`);
    }
    if (tensor.byteLength === 0) continue;
    if (previous !== undefined && tensor.offset < previous.offset + previous.byteLength) {
      const names = `${quote(previous.name)} and ${quote(tensor.name)}`;
      throw new GptError("invalid-file", `${path}: tensors ${names} overlap at byte ${tensor.offset}`);
    }
    previous = tensor;
  }
}
