/** GGUF: metadata, the places of the tensors, then the tensors, each at a multiple of the alignment. */
import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import { sizeOf } from "./gpt2.js";
import { quantizers } from "./quantize.js";

const alignment = 32;
const version = 3;
/** Of the value types of GGUF's metadata. */
const types = { uint32: 4, int32: 5, float32: 6, string: 8, array: 9 };

/**
 * @typedef {{ type: keyof typeof types, value: number | string | readonly (number | string)[] }} Value  an array's type
 *   is that of its elements
 *
 * @typedef {object} GgufTensor
 * @property {string} name
 * @property {readonly number[]} shape  outputs first, as in the papers; GGUF writes it backwards
 * @property {import("./quantize.js").WeightType} type
 * @property {() => Float32Array} read
 */

/**
 * Writes a file under another name first: where it is, it is whole.
 *
 * @param {string} path
 * @param {Record<string, Value>} metadata
 * @param {readonly GgufTensor[]} tensors
 */
export function writeGguf(path, metadata, tensors) {
  const entries = Object.entries(metadata);
  const header = [Buffer.from("GGUF"), uint32(version), uint64(tensors.length), uint64(entries.length)];
  for (const [key, { type, value }] of entries) {
    header.push(string(key));
    if (Array.isArray(value)) header.push(uint32(types.array), uint32(types[type]), uint64(value.length));
    else header.push(uint32(types[type]));
    for (const one of [value].flat()) header.push(scalar(type, one));
  }
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    const { id, byteLength } = quantizers[type];
    header.push(string(name), uint32(shape.length), ...shape.toReversed().map(uint64), uint32(id), uint64(offset));
    offset += aligned(byteLength(sizeOf(shape)));
  }

  const file = openSync(`${path}.part`, "w");
  const write = (/** @type {Uint8Array} */ bytes) => {
    writeSync(file, bytes);
    writeSync(file, Buffer.alloc(aligned(bytes.length) - bytes.length));
  };
  try {
    write(Buffer.concat(header));
    for (const { type, read } of tensors) write(quantizers[type].quantize(read()));
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.part`, path);
}

const aligned = (/** @type {number} */ length) => Math.ceil(length / alignment) * alignment;

/** @param {Value["type"]} type @param {number | string | readonly (number | string)[]} value */
function scalar(type, value) {
  if (type === "string") return string(String(value));
  const bytes = Buffer.alloc(4);
  if (type === "float32") bytes.writeFloatLE(Number(value));
  else bytes.writeInt32LE(Number(value) | 0);
  return bytes;
}

const uint32 = (/** @type {number} */ value) => scalar("uint32", value);

function uint64(/** @type {number} */ value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function string(/** @type {string} */ text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint64(bytes.length), bytes]);
}
