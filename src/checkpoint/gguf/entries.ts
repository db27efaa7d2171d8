/** Metadata to write into a GGUF file: the type and the bytes of each value. */

/** By key, in the order of the file. */
export type GgufEntries = ReadonlyMap<string, Uint8Array>;

/** Value types (enum gguf_type). */
const UINT8 = 0;
const UINT16 = 2;
const UINT32 = 4;
const INT32 = 5;
const FLOAT32 = 6;
const BOOL = 7;
const STRING = 8;
const ARRAY = 9;

export function bytesOfUint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function bytesOfUint64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** Length and UTF-8. */
export function bytesOfString(text: string): Uint8Array {
  const utf8 = Buffer.from(text);
  return Buffer.concat([bytesOfUint64(utf8.length), utf8]);
}

const entry = (type: number, bytes: Uint8Array): Uint8Array => Buffer.concat([bytesOfUint32(type), bytes]);

const list = (type: number, length: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([bytesOfUint32(ARRAY), bytesOfUint32(type), bytesOfUint64(length), bytes]);

/** Values by the types that llama.cpp expects. */
export const ggufValue = {
  uint16: (value: number) => entry(UINT16, new Uint8Array(Uint16Array.of(value).buffer)),
  uint32: (value: number) => entry(UINT32, bytesOfUint32(value)),
  int32: (value: number) => entry(INT32, new Uint8Array(Int32Array.of(value).buffer)),
  float32: (value: number) => entry(FLOAT32, new Uint8Array(Float32Array.of(value).buffer)),
  bool: (value: boolean) => entry(BOOL, Uint8Array.of(Number(value))),
  string: (value: string) => entry(STRING, bytesOfString(value)),
  strings: (values: readonly string[]) =>
    list(STRING, values.length, Buffer.concat(values.map(bytesOfString))),
  bools: (values: readonly boolean[]) => list(BOOL, values.length, Uint8Array.from(values, Number)),
  uint8s: (values: readonly number[]) => list(UINT8, values.length, Uint8Array.from(values)),
  int32s: (values: readonly number[]) =>
    list(INT32, values.length, new Uint8Array(Int32Array.from(values).buffer)),
  float32s: (values: readonly number[]) =>
    list(FLOAT32, values.length, new Uint8Array(Float32Array.from(values).buffer)),
} as const;
