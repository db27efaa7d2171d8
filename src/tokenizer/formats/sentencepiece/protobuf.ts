/**
 * Reads a protobuf message (https://protobuf.dev/programming-guides/encoding) field by field. Each length is
 * checked against the bytes that are left before they are used.
 */

import { invalidFile } from "../../../files/invalid-file.ts";

/** A field by its number. Numbers are 32-bit: longer ones keep their low half, as int32 does. */
export interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const VARINT_BYTES = 10;

/** @throws GptError `invalid-file` for a message that does not end where its bytes end */
export function* fieldsOf(bytes: Uint8Array, file: string): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const damaged = (problem: string) => invalidFile(file, `is no SentencePiece model: ${problem}`);
  const varint = (): { low: number; isLong: boolean } => {
    let low = 0;
    let isLong = false;
    for (let i = 0; i < VARINT_BYTES; i++) {
      const byte = bytes[at++];
      if (byte === undefined) throw damaged("a number is cut short");
      const part = byte & 0x7f;
      if (i < 5) low |= part << (7 * i);
      if ((i > 4 && part > 0) || (i === 4 && part > 15)) isLong = true;
      if (byte < 0x80) return { low, isLong };
    }
    throw damaged(`a number has more than ${VARINT_BYTES} bytes`);
  };
  const take = (length: number): number => {
    const start = at;
    if (length > bytes.length - at) {
      throw damaged(`a field of ${length} bytes has ${bytes.length - at} left`);
    }
    at += length;
    return start;
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = tag.low >>> 3;
    if (tag.isLong || number === 0) throw damaged("a field has no number");
    switch (tag.low & 7) {
      case WIRE.varint:
        yield { number, value: varint().low };
        break;
      case WIRE.bytes: {
        const length = varint();
        const size = length.isLong ? Number.POSITIVE_INFINITY : length.low >>> 0;
        const start = take(size);
        yield { number, value: bytes.subarray(start, at) };
        break;
      }
      case WIRE.fixed32:
        yield { number, value: view.getFloat32(take(4), true) };
        break;
      case WIRE.fixed64:
        yield { number, value: view.getFloat64(take(8), true) };
        break;
      default:
        throw damaged(`field ${number} has wire type ${tag.low & 7}`);
    }
  }
}
