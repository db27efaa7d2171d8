/** F32 safetensors: 8 bytes header length, a JSON header, then the tensors end to end. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { sizeOf } from "./gpt2.js";

/** The data starts at a multiple of this many bytes, so that a runtime may map it. */
const alignment = 64;
const chunkLength = 1 << 20;

/**
 * Streams tensors to a file; memory stays at one chunk.
 *
 * @param {string} path
 * @param {readonly import("./gpt2.js").TensorSpec[]} tensors
 * @param {(name: string, out: Float32Array) => void} fill  the next elements of a tensor, called in order
 */
export function writeSafetensors(path, tensors, fill) {
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const { name, shape } of tensors) {
    const begin = end;
    end += 4 * sizeOf(shape);
    header[name] = { dtype: "F32", shape, data_offsets: [begin, end] };
  }
  const json = JSON.stringify(header);
  const dataOffset = Math.ceil((8 + json.length) / alignment) * alignment;
  const prefix = Buffer.alloc(dataOffset, " ");
  prefix.writeBigUInt64LE(BigInt(dataOffset - 8), 0);
  prefix.write(json, 8);

  const file = openSync(path, "w");
  try {
    writeSync(file, prefix);
    const chunk = new Float32Array(chunkLength);
    for (const { name, shape } of tensors) {
      const size = sizeOf(shape);
      for (let done = 0; done < size; done += chunkLength) {
        const part = chunk.subarray(0, Math.min(chunkLength, size - done));
        fill(name, part);
        writeSync(file, part);
      }
    }
  } finally {
    closeSync(file);
  }
}

/**
 * @param {string} path
 * @returns {Map<string, { offset: number, byteLength: number }>} where each tensor lies, from the start of the file
 */
export function readPlaces(path) {
  const file = openSync(path, "r");
  try {
    const length = Buffer.alloc(8);
    readSync(file, length);
    const json = Buffer.alloc(Number(length.readBigUInt64LE()));
    readSync(file, json);
    const { __metadata__, ...tensors } = JSON.parse(json.toString());
    const dataOffset = length.length + json.length;
    return new Map(
      Object.entries(tensors).map(
        ([
          name,
          {
            data_offsets: [begin, end],
          },
        ]) => [name, { offset: dataOffset + begin, byteLength: end - begin }],
      ),
    );
  } finally {
    closeSync(file);
  }
}

/** @param {string} path @returns {(name: string) => Float32Array} its tensors, each read when it is asked for */
export function tensorReader(path) {
  const places = readPlaces(path);
  return (name) => {
    const place = places.get(name);
    if (place === undefined) throw new Error(`${path}: no tensor ${name}`);
    const values = new Float32Array(place.byteLength / 4);
    const file = openSync(path, "r");
    try {
      readSync(file, values, 0, place.byteLength, place.offset);
    } finally {
      closeSync(file);
    }
    return values;
  };
}
