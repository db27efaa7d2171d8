/** The encoding half of Protocol Buffers, as much of it as ONNX needs: a message is its fields end to end. */

const wireVarint = 0;
const wireBytes = 2;
const wireFixed32 = 5;

/** @param {bigint} value */
function varint(value) {
  let rest = BigInt.asUintN(64, value);
  const bytes = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const key = (/** @type {number} */ field, /** @type {number} */ wire) => varint(BigInt((field << 3) | wire));

/** An int32, int64 or enum field. */
export const integer = (/** @type {number} */ field, /** @type {number} */ value) =>
  Buffer.concat([key(field, wireVarint), varint(BigInt(value))]);

/** A float field. */
export function float(/** @type {number} */ field, /** @type {number} */ value) {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, wireFixed32), bytes]);
}

/** A string or bytes field. */
export function bytes(/** @type {number} */ field, /** @type {string | Uint8Array} */ value) {
  const content = Buffer.from(value);
  return Buffer.concat([key(field, wireBytes), varint(BigInt(content.length)), content]);
}

/** A field that is a message. */
export const message = (/** @type {number} */ field, /** @type {readonly Buffer[]} */ fields) =>
  bytes(field, Buffer.concat(fields));
