import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readGguf } from "../../../src/checkpoint/gguf/gguf.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import {
  ggufBytes,
  ggufKey,
  ggufPreamble,
  ggufString,
  ggufTensorInfo,
  u32,
  u64,
} from "../../fixtures/gguf-writer.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();

function fileOf(...parts: readonly Uint8Array[]): string {
  const path = file("case.gguf");
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

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
