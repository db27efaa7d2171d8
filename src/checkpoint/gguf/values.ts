/** The typed values of a GGUF file: numbers, strings and (nested) arrays. */
import { GptError } from "../../errors.ts";
import type { ByteSource } from "../byte-source.ts";
import type { GgufValue } from "../checkpoint.ts";

/**
 * Elements of all arrays together. A vocabulary of 262k with scores, types and merges has about 1.3 million.
 */
const MAX_ELEMENTS = 2 ** 23;
/** Bytes of a string. A tokenizer.json within a file has up to 35 MB. */
const MAX_STRING_BYTES = 2 ** 26;
/** Levels of nested arrays. The specification sets no limit; no file in use nests arrays. */
const MAX_NESTING = 4;

const STRING = 8;
const ARRAY = 9;
const SIZE_BYTES = 8;

interface Scalar {
  readonly bytes: number;
  /** Undefined for bytes that are no value of this type. */
  readonly get: (view: DataView, at: number) => number | bigint | boolean | undefined;
}

/** By value type id (enum gguf_type). */
const SCALARS: ReadonlyMap<number, Scalar> = new Map<number, Scalar>([
  [0, { bytes: 1, get: (view, at) => view.getUint8(at) }],
  [1, { bytes: 1, get: (view, at) => view.getInt8(at) }],
  [2, { bytes: 2, get: (view, at) => view.getUint16(at, true) }],
  [3, { bytes: 2, get: (view, at) => view.getInt16(at, true) }],
  [4, { bytes: 4, get: getUint32 }],
  [5, { bytes: 4, get: (view, at) => view.getInt32(at, true) }],
  [6, { bytes: 4, get: (view, at) => view.getFloat32(at, true) }],
  [7, { bytes: 1, get: (view, at) => [false, true][view.getUint8(at)] }],
  [10, { bytes: 8, get: (view, at) => exact(view.getBigUint64(at, true)) }],
  [11, { bytes: 8, get: (view, at) => exact(view.getBigInt64(at, true)) }],
  [12, { bytes: 8, get: (view, at) => view.getFloat64(at, true) }],
]);

export class GgufValueReader {
  readonly #path: string;
  readonly #input: ByteSource;
  /** Elements of all arrays so far. */
  #elements = 0;

  constructor(path: string, input: ByteSource) {
    this.#path = path;
    this.#input = input;
  }

  // `what` names the value in messages.

  async uint32(what: string): Promise<number> {
    await this.#input.load(4, what);
    return this.#input.take(4, getUint32);
  }

  /** A count, length or offset. */
  async size(what: string, most = Number.MAX_SAFE_INTEGER, least = 0): Promise<number> {
    await this.#input.load(SIZE_BYTES, what);
    const exactly = this.#input.peek(getExactSize);
    if (exactly >= least && exactly <= most) return this.#input.take(SIZE_BYTES, getSize);
    throw this.#fail(`${what} is ${exactly}, expected ${least} to ${most}`);
  }

  async string(what: string, maxBytes = MAX_STRING_BYTES): Promise<string> {
    const length = await this.size(`the length of ${what}`, maxBytes);
    await this.#input.load(length, what);
    return this.#input.text(length);
  }

  /** A value, whose type comes first. */
  async value(what: string): Promise<GgufValue> {
    return this.#valueOf(await this.uint32(what), what, 0);
  }

  async #valueOf(type: number, what: string, depth: number): Promise<GgufValue> {
    if (type === STRING) return this.string(what);
    if (type === ARRAY) return this.#array(what, depth);
    await this.#input.load(this.#minBytes(type, what), what);
    const value = this.#buffered(type);
    if (value === undefined) throw this.#fail(`${what} is a boolean, but neither 0 nor 1`);
    return value;
  }

  async #array(what: string, depth: number): Promise<GgufValue[]> {
    if (depth >= MAX_NESTING) throw this.#fail(`${what} nests arrays more than ${MAX_NESTING} deep`);
    const type = await this.uint32(what);
    const length = await this.size(`the length of ${what}`, MAX_ELEMENTS);
    this.#elements += length;
    if (this.#elements > MAX_ELEMENTS) {
      throw this.#fail(`${what} has ${length} elements; all arrays together may have ${MAX_ELEMENTS}`);
    }
    if (length * this.#minBytes(type, what) > this.#input.remaining) {
      throw this.#fail(`${what} has ${length} elements, more than the rest of the file can hold`);
    }
    const values: GgufValue[] = [];
    for (let i = 0; i < length; i++) {
      values.push(this.#buffered(type) ?? (await this.#valueOf(type, what, depth + 1)));
    }
    return values;
  }

  /** The next value if the buffer holds all of it. So a long array waits once in many thousand elements. */
  #buffered(type: number): GgufValue | undefined {
    const scalar = SCALARS.get(type);
    if (scalar !== undefined) {
      return this.#input.has(scalar.bytes) ? this.#input.take(scalar.bytes, scalar.get) : undefined;
    }
    if (type !== STRING || !this.#input.has(SIZE_BYTES)) return undefined;
    const length = this.#input.peek(getSize);
    if (!this.#input.has(SIZE_BYTES + length)) return undefined;
    this.#input.take(SIZE_BYTES, getSize);
    return this.#input.text(length);
  }

  /** The smallest size of a value of the type in the file. */
  #minBytes(type: number, what: string): number {
    if (type === STRING) return SIZE_BYTES;
    if (type === ARRAY) return 4 + SIZE_BYTES;
    const scalar = SCALARS.get(type);
    if (scalar === undefined) throw this.#fail(`${what} has value type ${type}, expected 0 to 12`);
    return scalar.bytes;
  }

  #fail(problem: string): GptError {
    return new GptError("invalid-file", `${this.#path}: ${problem}`);
  }
}

function getUint32(view: DataView, at: number): number {
  return view.getUint32(at, true);
}

/** A 64-bit size without a bigint, for speed: each string of a vocabulary has one. */
function getSize(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

function getExactSize(view: DataView, at: number): bigint {
  return view.getBigUint64(at, true);
}

/** A number if a double holds the integer exactly. */
function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
