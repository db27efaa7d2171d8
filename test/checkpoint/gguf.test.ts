import { readdirSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readGguf } from "../../src/checkpoint/gguf.ts";
import { TensorReader } from "../../src/checkpoint/reader.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import {
  ggufBytes,
  ggufKey,
  ggufPreamble,
  ggufString,
  ggufTensorInfo,
  typed,
  u32,
  u64,
  writeGguf,
} from "../fixtures/gguf-writer.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";

const file = temporaryFolder();

function fileOf(...parts: readonly Uint8Array[]): string {
  const path = file("case.gguf");
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

describe("readGguf", () => {
  it("reads every type of value", async () => {
    const path = file("values.gguf");
    writeGguf(path, {
      u8: typed("u8", 255),
      i8: typed("i8", -128),
      u16: typed("u16", 65535),
      i16: typed("i16", -32768),
      u32: typed("u32", 4294967295),
      i32: typed("i32", -2147483648),
      f32: typed("f32", 0.5),
      f64: typed("f64", 0.1),
      yes: true,
      no: false,
      text: "über 日本 \u{1f600}",
      empty: "",
      exact: typed("u64", 2n ** 53n - 1n),
      inexact: typed("u64", 2n ** 63n),
      negative: typed("i64", -5n),
      strings: ["a", "", "ß"],
      numbers: [1, 2, 3],
      none: typed("array", [], "f32"),
      nested: typed("array", [typed("array", [1, 2]), typed("array", ["x"]), typed("array", [])]),
    });
    const { metadata, tensors } = await readGguf(path);
    expect(tensors.size).toBe(0);
    expect(Object.fromEntries(metadata)).toEqual({
      u8: 255,
      i8: -128,
      u16: 65535,
      i16: -32768,
      u32: 4294967295,
      i32: -2147483648,
      f32: 0.5,
      f64: 0.1,
      yes: true,
      no: false,
      text: "über 日本 \u{1f600}",
      empty: "",
      exact: 2 ** 53 - 1,
      inexact: 2n ** 63n,
      negative: -5,
      strings: ["a", "", "ß"],
      numbers: [1, 2, 3],
      none: [],
      nested: [[1, 2], ["x"], []],
    });
  });

  it.each([
    { version: 2, alignment: 32 },
    { version: 3, alignment: 64 },
    { version: 3, alignment: 8 },
  ])("finds tensors, outermost axis first: %o", async (layout) => {
    const path = file("tensors.gguf");
    writeGguf(
      path,
      { "general.alignment": layout.alignment, odd: "length" },
      {
        vector: { shape: [3], data: [1, 2, 3] },
        matrix: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
        half: { dtype: "F16", shape: [1, 2], data: [0.5, -2] },
        quantized: { dtype: "Q4_K", shape: [3, 512] },
      },
      layout,
    );
    const { tensors } = await readGguf(path);
    expect(tensors.get("matrix")).toMatchObject({ dtype: "F32", shape: [2, 3], byteLength: 24 });
    expect(tensors.get("quantized")).toMatchObject({
      dtype: "Q4_K",
      shape: [3, 512],
      byteLength: 3 * 2 * 144,
    });
    for (const tensor of tensors.values()) expect(tensor.offset % layout.alignment).toBe(0);

    const reader = new TensorReader();
    const values = new Float32Array(6);
    const matrix = tensors.get("matrix");
    if (matrix) await reader.read(matrix, 0, new Uint8Array(values.buffer));
    expect([...values]).toEqual([1, 2, 3, 4, 5, 6]);
    await reader.close();
  });

  it("reads across the edges of its buffer", async () => {
    const tokens = Array.from({ length: 60_000 }, (_, i) => `token ${"x".repeat(i % 50)} ${i}`);
    const long = "y".repeat(3 * 2 ** 20);
    const path = file("long.gguf");
    writeGguf(path, { tokens, long, scores: tokens.map((_, i) => i + 0.5), after: 7 });
    const { metadata } = await readGguf(path);
    expect(metadata.get("tokens")).toEqual(tokens);
    expect(metadata.get("long")).toBe(long);
    expect(metadata.get("scores")).toEqual(tokens.map((_, i) => i + 0.5));
    expect(metadata.get("after")).toBe(7);
  });
});

const value = (type: number, ...bytes: Uint8Array[]) =>
  Buffer.concat([ggufPreamble(0, 1), ggufString("k"), u32(type), ...bytes]);
const array = (type: number, length: number | bigint, ...bytes: Uint8Array[]) =>
  value(9, u32(type), u64(length), ...bytes);
const tensor = (...info: Parameters<typeof ggufTensorInfo>) =>
  Buffer.concat([ggufPreamble(1, 0), ggufTensorInfo(...info), new Uint8Array(128)]);
const alignment = (size: number) => Buffer.concat([ggufPreamble(0, 1), ggufKey("general.alignment", size)]);
const nestedArrays = (depth: number) =>
  value(9, ...Array.from({ length: depth }, () => Buffer.concat([u32(9), u64(1)])), u32(0), u64(0));

const corrupt: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ["an empty file", new Uint8Array(0), /is empty/],
  ["another magic number", Buffer.from("GGUX".padEnd(64)), /neither a GGUF file nor a model directory/],
  ["a git-lfs pointer", Buffer.from("version https://git-lfs.github.com/spec/v1\n"), /git-lfs pointer/],
  ["the format before GGUF", Buffer.from("tjgg".padEnd(64)), /before GGUF/],
  ["version 1", ggufPreamble(0, 0, 1), /version is 1, expected 2 or 3/],
  ["version 4", ggufPreamble(0, 0, 4), /version is 4/],
  ["big-endian", ggufPreamble(0, 0, 0x03000000), /big-endian/],
  ["2^40 tensors", ggufPreamble(2n ** 40n, 0), /tensor count is 1099511627776/],
  ["2^63 keys", ggufPreamble(0, 2n ** 63n), /metadata count is 9223372036854775808, expected 0 to 65536/],
  ["keys that are not there", ggufPreamble(0, 3), /ends within the length of the name of metadata key 0/],
  [
    "a key of 2^31 bytes",
    Buffer.concat([ggufPreamble(0, 1), u64(2 ** 31)]),
    /name of metadata key 0 is 2147483648,/,
  ],
  [
    "a string of 2^62 bytes",
    value(8, u64(2n ** 62n), new Uint8Array(64)),
    /length of metadata key "k" is 4611686018427387904, expected 0 to/,
  ],
  ["value type 13", value(13, new Uint8Array(64)), /value type 13/],
  ["a boolean of 2", value(7, Uint8Array.of(2)), /neither 0 nor 1/],
  ["an array of type 99", array(99, 1), /value type 99/],
  [
    "an array of 2^60",
    array(0, 2n ** 60n),
    /length of metadata key "k" is 1152921504606846976, expected 0 to/,
  ],
  [
    "an array longer than the file",
    array(8, 1000, new Uint8Array(64)),
    /has 1000 elements, more than the rest/,
  ],
  ["arrays nested too deep", nestedArrays(5), /nests arrays/],
  ["a key twice", Buffer.concat([ggufPreamble(0, 2), ggufKey("k", 1), ggufKey("k", 2)]), /"k" occurs twice/],
  ["an alignment of 0", alignment(0), /general\.alignment is 0/],
  ["an alignment of 24", alignment(24), /general\.alignment is 24, expected a power of two/],
  ["an alignment of 2^31", alignment(2 ** 31), /general\.alignment is 2147483648/],
  [
    "a tensor name of 65 bytes",
    tensor("n".repeat(65), [4], 0, 0),
    /length of the name of tensor 0 is 65, expected 0 to 64/,
  ],
  ["a tensor without dimensions", tensor("t", [], 0, 0), /"t": has 0 dimensions/],
  ["five dimensions", tensor("t", [1, 1, 1, 1, 1], 0, 0), /has 5 dimensions/],
  ["a dimension of zero", tensor("t", [4, 0], 0, 0), /dimension 0 of tensor "t" is 0, expected 1 to/],
  [
    "a dimension of 2^63",
    tensor("t", [2n ** 63n], 0, 0),
    /dimension 0 of tensor "t" is 9223372036854775808, expected 1 to 9007199254740991/,
  ],
  ["dimensions beyond 2^53", tensor("t", [2 ** 40, 2 ** 40], 0, 0), /too large/],
  ["dimensions beyond the file", tensor("t", [1000], 0, 0), /"t" ends at byte .*, but the file has/],
  ["tensor type 4, removed long ago", tensor("t", [4], 4, 0), /has type 4, which is not known/],
  ["a row that is not whole blocks", tensor("t", [2, 33], 2, 0), /rows of 33, but Q4_0 stores blocks of 32/],
  ["an offset that is not aligned", tensor("t", [4], 0, 8), /offset 8 is not a multiple of 32/],
  ["an offset beyond the file", tensor("t", [4], 0, 2 ** 40), /ends at byte/],
  [
    "an offset of 2^63",
    tensor("t", [4], 0, 2n ** 63n),
    /offset of tensor "t" is 9223372036854775808, expected 0/,
  ],
  [
    "a tensor twice",
    Buffer.concat([
      ggufPreamble(2, 0),
      ggufTensorInfo("t", [4], 0, 0),
      ggufTensorInfo("t", [4], 0, 32),
      new Uint8Array(96),
    ]),
    /"t": occurs twice/,
  ],
  [
    "tensors that overlap",
    Buffer.concat([
      ggufPreamble(2, 0),
      ggufTensorInfo("a", [16], 0, 0),
      ggufTensorInfo("b", [4], 0, 32),
      new Uint8Array(96),
    ]),
    /"a" and "b" overlap/,
  ],
];

describe("a corrupt GGUF file is refused", () => {
  it.each(corrupt)("%s", async (_name, bytes, message) => {
    const path = fileOf(bytes);
    const error = await rejectionOf(readGguf(path));
    expect(error.code).toBe("invalid-file");
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`${path}: `)).toBe(true);
  });

  it("wherever it is cut and whichever byte is damaged", async () => {
    const good = ggufBytes(
      { "general.architecture": "llama", list: ["ab", "c"], n: 3 },
      { t: { shape: [2, 4] }, q: { dtype: "Q8_0", shape: [32] } },
    );
    const dataEnd = good.length - (32 - 34 + 32);
    for (let length = 0; length < dataEnd; length++) {
      expect((await rejectionOf(readGguf(fileOf(good.subarray(0, length))))).code).toBe("invalid-file");
    }
    for (let at = 0; at < good.length - 96; at++) {
      for (const byte of [0, 9, 0xff]) {
        const damaged = Uint8Array.from(good);
        damaged[at] = byte;
        const read = readGguf(fileOf(damaged));
        await read.catch(async () => rejectionOf(read));
      }
    }
  });
});

describeWithShared("readGguf on real files", () => {
  it("knows the size of every quantized type: the tensors fill the file", async () => {
    for (const name of readdirSync(shared("models/quantized")).filter((entry) => entry.endsWith(".gguf"))) {
      const path = shared(`models/quantized/${name}`);
      const { tensors } = await readGguf(path);
      const dtypes = new Set([...tensors.values()].map(({ dtype }) => dtype));
      expect(dtypes).toContain(name.replace(".gguf", "").toUpperCase());
      const ends = [...tensors.values()].map(({ offset, byteLength }) => offset + byteLength);
      expect(Math.ceil(Math.max(...ends) / 32) * 32).toBe(Math.ceil(statSync(path).size / 32) * 32);
      const sorted = [...tensors.values()].sort((a, b) => a.offset - b.offset);
      for (const [i, { offset, byteLength }] of sorted.entries()) {
        const next = sorted[i + 1];
        if (next) expect(next.offset).toBe(Math.ceil((offset + byteLength) / 32) * 32);
      }
    }
  });

  it("reads vocabularies without tensors", async () => {
    const { metadata, tensors } = await readGguf(shared("tokenizers/gpt2/vocab.gguf"));
    expect(tensors.size).toBe(0);
    const merges = metadata.get("tokenizer.ggml.merges");
    expect(Array.isArray(merges) && [merges.length, merges[0]]).toEqual([50000, "Ġ t"]);
  });

  it("reads stories260k", async () => {
    const { metadata, tensors } = await readGguf(shared("models/stories260k.gguf"));
    expect(metadata.get("llama.block_count")).toBe(5);
    expect(tensors.get("blk.0.attn_k.weight")).toMatchObject({
      dtype: "F32",
      shape: [32, 64],
      byteLength: 8192,
    });
  });
});
