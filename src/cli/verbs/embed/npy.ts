/** The format of NumPy's files (NEP 1, version 1.0): a header in ASCII, then the numbers. */
import { endianness } from "node:os";

/** Header and magic are padded to this. */
const ALIGNMENT = 64;

/** f32, row-major [vectors, dimensions]. */
export function npyBytes(vectors: readonly Float32Array[]): Uint8Array {
  const width = vectors[0]?.length ?? 0;
  const order = endianness() === "LE" ? "<" : ">";
  const description = `{'descr': '${order}f4', 'fortran_order': False, 'shape': (${vectors.length}, ${width}), }`;
  const magic = Buffer.from("\x93NUMPY\x01\x00", "latin1");
  const fixed = magic.length + 2;
  const length = Math.ceil((fixed + description.length + 1) / ALIGNMENT) * ALIGNMENT - fixed;
  const header = Buffer.alloc(2 + length);
  header.writeUInt16LE(length);
  header.write(`${description.padEnd(length - 1)}\n`, 2, "latin1");
  const numbers = vectors.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  return Buffer.concat([magic, header, ...numbers]);
}
