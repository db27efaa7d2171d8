/** ONNX files: a graph whose weights lie in another file. Field numbers are those of onnx.proto3. */
import { bytes, float, integer, message } from "./protobuf.js";

export const elementType = { float32: 1, int64: 7, bool: 9 };
const attributeType = { float: 1, int: 2, ints: 7 };
const irVersion = 8;

/** @typedef {{ offset: number, byteLength: number }} Place */
/** @typedef {{ int: number } | { ints: readonly number[] } | { float: number }} Attribute */

/** A graph under construction; nodes are added in the order in which they run. */
export class OnnxGraph {
  /** @type {Buffer[]} */
  #fields = [];
  #nodes = 0;

  /**
   * @param {string} operator  with its domain: `MatMul`, `com.microsoft.Attention`
   * @param {readonly string[]} inputs  "" for an optional one that is left out
   * @param {readonly string[]} outputs  "" likewise
   * @param {Readonly<Record<string, Attribute>>} attributes
   */
  node(operator, inputs, outputs, attributes = {}) {
    const dot = operator.lastIndexOf(".");
    const encoded = Object.entries(attributes).map(([name, value]) =>
      message(5, [bytes(1, name), ...attributeFields(value)]),
    );
    this.#fields.push(
      message(1, [
        ...inputs.map((name) => bytes(1, name)),
        ...outputs.map((name) => bytes(2, name)),
        bytes(3, `node_${this.#nodes++}`),
        bytes(4, operator.slice(dot + 1)),
        bytes(7, operator.slice(0, Math.max(dot, 0))),
        ...encoded,
      ]),
    );
  }

  /** An F32 weight that lies in another file. */
  externalWeight(
    /** @type {string} */ name,
    /** @type {readonly number[]} */ shape,
    /** @type {string} */ file,
    /** @type {Place} */ place,
  ) {
    const entry = (/** @type {string} */ k, /** @type {string | number} */ v) =>
      message(13, [bytes(1, k), bytes(2, String(v))]);
    this.#fields.push(
      message(5, [
        ...shape.map((n) => integer(1, n)),
        integer(2, elementType.float32),
        bytes(8, name),
        entry("location", file),
        entry("offset", place.offset),
        entry("length", place.byteLength),
        integer(14, 1),
      ]),
    );
  }

  /**
   * A constant, kept in the graph itself. Its element type is that of the array; a Uint8Array holds bools.
   *
   * @param {string} name
   * @param {readonly number[]} shape
   * @param {Float32Array | BigInt64Array | Uint8Array} values
   */
  constant(name, shape, values) {
    this.#fields.push(
      message(5, [
        ...shape.map((n) => integer(1, n)),
        integer(2, elementTypeOf(values)),
        bytes(8, name),
        bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
      ]),
    );
  }

  /** An input; a dimension given by name is free. */
  input(
    /** @type {string} */ name,
    /** @type {number} */ type,
    /** @type {readonly (number | string)[]} */ shape,
  ) {
    this.#fields.push(message(11, valueInfo(name, type, shape)));
  }

  output(
    /** @type {string} */ name,
    /** @type {number} */ type,
    /** @type {readonly (number | string)[]} */ shape,
  ) {
    this.#fields.push(message(12, valueInfo(name, type, shape)));
  }

  /** The bytes of the .onnx file. */
  encode(/** @type {string} */ name) {
    const operatorSet = (/** @type {string} */ domain, /** @type {number} */ version) =>
      message(8, [bytes(1, domain), integer(2, version)]);
    return Buffer.concat([
      integer(1, irVersion),
      bytes(2, "gpt-simd test/peers"),
      message(7, [...this.#fields, bytes(2, name)]),
      operatorSet("", 17),
      operatorSet("com.microsoft", 1),
    ]);
  }
}

/** @param {Attribute} value */
function attributeFields(value) {
  if ("int" in value) return [integer(3, value.int), integer(20, attributeType.int)];
  if ("ints" in value) return [...value.ints.map((n) => integer(8, n)), integer(20, attributeType.ints)];
  return [float(2, value.float), integer(20, attributeType.float)];
}

/** @param {Float32Array | BigInt64Array | Uint8Array} values */
function elementTypeOf(values) {
  if (values instanceof Float32Array) return elementType.float32;
  return values instanceof BigInt64Array ? elementType.int64 : elementType.bool;
}

/** @param {string} name @param {number} type @param {readonly (number | string)[]} shape */
function valueInfo(name, type, shape) {
  const dimensions = shape.map((n) => message(1, [typeof n === "number" ? integer(1, n) : bytes(2, n)]));
  return [bytes(1, name), message(2, [message(1, [integer(1, type), message(2, dimensions)])])];
}
