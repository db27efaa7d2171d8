import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";
import { safetensorsBytes, withSafetensorsHeader, writeSafetensors } from "../fixtures/directory-writer.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();

function fileOf(bytes: Uint8Array): string {
  const path = file("case.safetensors");
  writeFileSync(path, bytes);
  return path;
}

describe("readSafetensors", () => {
  it("lists every tensor with its place in the file", async () => {
    const path = file("good.safetensors");
    writeSafetensors(
      path,
      {
        a: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
        b: { dtype: "F16", shape: [4], data: [1, 2, 3, 4] },
        mask: { dtype: "BOOL", shape: [2, 2] },
        ids: { dtype: "I64", shape: [] },
        empty: { dtype: "F32", shape: [0, 5] },
      },
      { format: "pt" },
    );
    const tensors = await readSafetensors(path);
    expect([...tensors.keys()]).toEqual(["a", "b", "mask", "ids", "empty"]);
    const a = tensors.get("a");
    expect(a).toMatchObject({ dtype: "F32", shape: [2, 3], file: path, byteLength: 24 });
    expect(tensors.get("b")).toMatchObject({ dtype: "F16", offset: (a?.offset ?? 0) + 24, byteLength: 8 });
    expect(tensors.get("ids")).toMatchObject({ dtype: "I64", shape: [], byteLength: 8 });
    expect(tensors.get("empty")).toMatchObject({ byteLength: 0 });
  });

  it("lists unknown dtypes", async () => {
    const header = JSON.stringify({ x: { dtype: "F7_NEW", shape: [3], data_offsets: [0, 5] } });
    const tensors = await readSafetensors(fileOf(withSafetensorsHeader(header, new Uint8Array(5))));
    expect(tensors.get("x")).toMatchObject({ dtype: "F7_NEW", byteLength: 5 });
  });

  it("checks sub-byte dtypes by their bits", async () => {
    const header = JSON.stringify({ x: { dtype: "F4", shape: [4, 2], data_offsets: [0, 4] } });
    const tensors = await readSafetensors(fileOf(withSafetensorsHeader(header, new Uint8Array(4))));
    expect(tensors.get("x")).toMatchObject({ dtype: "F4", byteLength: 4 });
  });
});

const entry = (fields: object) =>
  withSafetensorsHeader(
    JSON.stringify({ x: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...fields } }),
    new Uint8Array(64),
  );
const lengthOf = (length: bigint) => {
  const bytes = Buffer.alloc(64);
  bytes.writeBigUInt64LE(length);
  return bytes;
};
const twoTensors = (a: readonly number[], b: readonly number[]) =>
  withSafetensorsHeader(
    JSON.stringify({
      a: { dtype: "F32", shape: [2], data_offsets: a },
      b: { dtype: "F32", shape: [2], data_offsets: b },
    }),
    new Uint8Array(64),
  );

const corrupt: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ["an empty file", new Uint8Array(0), /is empty/],
  ["five bytes", new Uint8Array(5), /has 5 bytes/],
  ["a header length of 2^63", lengthOf(2n ** 63n), /header length is 9223372036854775808/],
  ["a header length beyond the file", lengthOf(1000n), /header length is 1000, but the file has 64/],
  ["a header that is not JSON", withSafetensorsHeader("{not json"), /header is not valid JSON/],
  [
    "a header that is not UTF-8",
    Buffer.concat([lengthOf(1n).subarray(0, 8), Buffer.from([0xff])]),
    /not valid JSON/,
  ],
  ["a header that is a list", withSafetensorsHeader("[1]"), /not an object/],
  ["an entry that is a number", withSafetensorsHeader('{"x":3}'), /"x": is 3, expected dtype/],
  ["no dtype", entry({ dtype: null }), /dtype is null/],
  ["a shape that is a text", entry({ shape: "2" }), /shape is "2"/],
  ["a negative dimension", entry({ shape: [-2] }), /shape is \[-2\]/],
  ["a fraction of a dimension", entry({ shape: [1.5] }), /shape is \[1\.5\]/],
  ["dimensions beyond 2^53", entry({ shape: [2 ** 40, 2 ** 40] }), /is too large/],
  ["no offsets", entry({ data_offsets: undefined }), /data_offsets is missing/],
  ["three offsets", entry({ data_offsets: [0, 8, 16] }), /data_offsets is \[0,8,16\]/],
  ["a negative offset", entry({ data_offsets: [-8, 0] }), /data_offsets is \[-8,0\]/],
  ["offsets in reverse", entry({ data_offsets: [8, 0] }), /begins at 8, after its end at 0/],
  ["offsets of another length", entry({ data_offsets: [0, 12] }), /spans 12 bytes, but F32 \[2\] takes 8/],
  ["offsets beyond the file", entry({ data_offsets: [1000, 1008] }), /ends at byte .* but the file has/],
  [
    "a name that comes twice",
    withSafetensorsHeader(
      '{"a":{"dtype":"F16","shape":[4],"data_offsets":[0,8]},"\\u0061":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}',
      new Uint8Array(8),
    ),
    /tensor "a" occurs twice/,
  ],
  ["overlapping tensors", twoTensors([0, 8], [4, 12]), /"a" and "b" overlap at byte/],
  ["a tensor within another", twoTensors([8, 16], [8, 16]), /overlap/],
  [
    "a git-lfs pointer",
    Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
    /git-lfs pointer.*git lfs pull/,
  ],
  ["a web page", Buffer.from("<!DOCTYPE html><html><title>404</title></html>"), /web page/],
  ["a GGUF file", Buffer.from("GGUF\u0003\0\0\0\0\0\0\0\0\0\0\0"), /GGUF file/],
  [
    "a zip archive",
    Buffer.from("PK\u0003\u0004 a PyTorch checkpoint"),
    /is a PyTorch file: give the directory/,
  ],
];

describe("a corrupt safetensors file is refused", () => {
  it.each(corrupt)("%s", async (_name, bytes, message) => {
    const path = fileOf(bytes);
    const error = await rejectionOf(readSafetensors(path));
    expect(error.code).toBe("invalid-file");
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`${path}: `)).toBe(true);
  });

  it("a missing one as not found, and a folder as no file", async () => {
    expect((await rejectionOf(readSafetensors(file("none.safetensors")))).code).toBe("not-found");
    expect((await rejectionOf(readSafetensors(file()))).message).toMatch(/is not a file/);
  });

  it("wherever it is cut and whichever byte is damaged", async () => {
    const good = safetensorsBytes({
      a: { shape: [2], data: [1, 2] },
      b: { dtype: "BF16", shape: [1, 3], data: [1, 2, 3] },
    });
    for (let length = 0; length < good.length; length++) {
      expect((await rejectionOf(readSafetensors(fileOf(good.subarray(0, length))))).code).toBe(
        "invalid-file",
      );
    }
    for (let at = 0; at < good.length; at++) {
      for (const byte of [0, 0x39, 0xff]) {
        const damaged = Uint8Array.from(good);
        damaged[at] = byte;
        const read = readSafetensors(fileOf(damaged));
        await read.catch(async () => rejectionOf(read));
      }
    }
  });
});
