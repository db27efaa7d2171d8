/** f32 -> the bytes of a stored type, as ggml's reference code rounds (quantize_row_*_ref in ggml-quants.c). */
import { ggmlType } from "./ggml-types.ts";
import { toBfloat16, toHalf } from "./half.ts";

/** The types that weights can be written in. */
export type EncodedType = "F32" | "F16" | "BF16" | "Q8_0" | "Q4_0";

/** Writes one block of values, from `first` on, to the start of `out`. */
type BlockEncoder = (values: Float32Array, first: number, out: DataView, at: number) => void;

const QUANTIZED = 32;
const { fround } = Math;

const blockEncoders: Readonly<Record<Exclude<EncodedType, "F32">, BlockEncoder>> = {
  F16: (values, first, out, at) => out.setUint16(at, toHalf(values[first] as number), true),
  BF16: (values, first, out, at) => out.setUint16(at, toBfloat16(values[first] as number), true),

  /** f16 scale, 32 signed bytes. */
  Q8_0(values, first, out, at) {
    const scale = fround(Math.abs(extreme(values, first)) / 127);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    out.setUint16(at, toHalf(scale), true);
    for (let i = 0; i < QUANTIZED; i++) {
      const x = fround((values[first + i] as number) * inverse);
      out.setInt8(at + 2 + i, Math.trunc(x + (x < 0 ? -0.5 : 0.5))); // halves away from zero
    }
  },

  /** f16 scale, 16 bytes: the first half of the block in the low nibbles, the second in the high ones. */
  Q4_0(values, first, out, at) {
    const scale = fround(extreme(values, first) / -8);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    const nibble = (i: number) => {
      const x = fround((values[first + i] as number) * inverse);
      return Math.min(15, Math.trunc(fround(x + 8.5)));
    };
    out.setUint16(at, toHalf(scale), true);
    for (let i = 0; i < QUANTIZED / 2; i++) {
      out.setUint8(at + 2 + i, nibble(i) | (nibble(i + QUANTIZED / 2) << 4));
    }
  },
};

/** The value of the largest magnitude in a block, with its sign; the first of equals. */
function extreme(values: Float32Array, first: number): number {
  let found = 0;
  for (let i = first; i < first + QUANTIZED; i++) {
    const value = values[i] as number;
    if (Math.abs(value) > Math.abs(found)) found = value;
  }
  return found;
}

/**
 * @param values a whole number of blocks
 * @returns for F32 the memory of the values themselves
 */
export function encode(type: EncodedType, values: Float32Array): Uint8Array {
  if (type === "F32") return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const { blockSize, bytesPerBlock } = ggmlType(type);
  const encodeBlock = blockEncoders[type];
  const out = new DataView(new ArrayBuffer((values.length / blockSize) * bytesPerBlock));
  for (let first = 0, at = 0; first < values.length; first += blockSize, at += bytesPerBlock) {
    encodeBlock(values, first, out, at);
  }
  return new Uint8Array(out.buffer);
}
