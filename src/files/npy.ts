/** The format of NumPy's files (NEP 1, version 1.0): a header in ASCII, then the numbers. */
import { endianness } from "node:os";
import { GptError } from "../errors.ts";

/** Header and magic are padded to this. */
const ALIGNMENT = 64;
const MAGIC = Buffer.from("\x93NUMPY\x01\x00", "latin1");
/** Magic and the length of the header. */
const FIXED = MAGIC.length + 2;
/** More than any header of ours. */
const MAX_HEADER = 1024;

const type = `${endianness() === "LE" ? "<" : ">"}f4`;

/** f32, row-major [vectors, dimensions]. */
export function npyBytes(vectors: readonly Float32Array[]): Uint8Array {
  const numbers = vectors.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  return Buffer.concat([npyHeader(vectors.length, vectors[0]?.length ?? 0), ...numbers]);
}

export function npyHeader(rows: number, width: number): Buffer {
  const description = `{'descr': '${type}', 'fortran_order': False, 'shape': (${rows}, ${width}), }`;
  const length = Math.ceil((FIXED + description.length + 1) / ALIGNMENT) * ALIGNMENT - FIXED;
  const header = Buffer.alloc(2 + length);
  header.writeUInt16LE(length);
  header.write(`${description.padEnd(length - 1)}\n`, 2, "latin1");
  return Buffer.concat([MAGIC, header]);
}

export interface NpyShape {
  readonly rows: number;
  readonly width: number;
  /** Bytes before the numbers. */
  readonly offset: number;
}

/**
 * @param head the first bytes of a file
 * @param name of the file in errors
 * @throws GptError `invalid-file` for another file than `npyBytes` writes
 */
export function npyShape(head: Buffer, name: string): NpyShape {
  const problem = `${name}: expected a file of NumPy with rows of ${type}`;
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) throw new GptError("invalid-file", problem);
  const offset = FIXED + head.readUInt16LE(MAGIC.length);
  const header = head.toString("latin1", FIXED, Math.min(offset, MAX_HEADER));
  const [, rows, width] = /'shape': \((\d{1,15}), (\d{1,9})\)/.exec(header) ?? [];
  const isOurs = header.includes(`'descr': '${type}'`) && header.includes("'fortran_order': False");
  if (!isOurs || rows === undefined) throw new GptError("invalid-file", problem);
  return { rows: Number(rows), width: Number(width), offset };
}
