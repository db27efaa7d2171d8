import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ggufValue } from "../../../src/checkpoint/gguf/entries.ts";
import { readGguf, readGgufEntries } from "../../../src/checkpoint/gguf/gguf.ts";
import { writeGguf } from "../../../src/checkpoint/gguf/writer.ts";
import type { TensorToWrite } from "../../../src/checkpoint/tensor-to-write.ts";
import { typed, writeGguf as writeFixture } from "../../fixtures/gguf-writer.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();

const tensor = (name: string, dtype: string, shape: number[], bytes: Uint8Array): TensorToWrite => ({
  name,
  dtype,
  shape,
  send: async (write) => {
    await write(bytes.subarray(0, 3));
    await write(bytes.subarray(3));
  },
});

const entries = new Map([
  ["general.architecture", ggufValue.string("gpt2")],
  ["a.count", ggufValue.uint32(4_000_000_000)],
  ["a.small", ggufValue.float32(1e-5)],
  ["a.yes", ggufValue.bool(true)],
  ["a.texts", ggufValue.strings(["", "Ġé", "日本"])],
  ["a.numbers", ggufValue.int32s([-1, 7])],
  ["a.scores", ggufValue.float32s([-0.5, 1])],
]);

describe("a GGUF file", () => {
  it("is what the reader reads: values by type, tensors that begin at multiples of 32", async () => {
    const path = file("whole.gguf");
    const bytes = Uint8Array.from({ length: 68 }, (_, i) => i);
    await writeGguf(path, entries, [
      tensor("first", "Q8_0", [2, 32], bytes),
      tensor("second", "F32", [3], bytes.subarray(0, 12)),
    ]);
    const { metadata, tensors } = await readGguf(path);
    expect(Object.fromEntries(metadata)).toEqual({
      "general.architecture": "gpt2",
      "a.count": 4_000_000_000,
      "a.small": Math.fround(1e-5),
      "a.yes": true,
      "a.texts": ["", "Ġé", "日本"],
      "a.numbers": [-1, 7],
      "a.scores": [-0.5, 1],
    });
    const listed = [...tensors.values()];
    expect(listed.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ["first", "Q8_0", [2, 32]],
      ["second", "F32", [3]],
    ]);
    const content = readFileSync(path);
    for (const { offset, byteLength } of listed) {
      expect(offset % 32).toBe(0);
      expect([...content.subarray(offset, offset + byteLength)]).toEqual([...bytes.subarray(0, byteLength)]);
    }
    expect(content.length % 32).toBe(0);
  });

  it("hands its metadata on as it is, whatever the types", async () => {
    const metadata = {
      "general.alignment": 64,
      big: typed("u64", 2n ** 63n),
      small: typed("i8", -3),
      double: typed("f64", 0.1),
      nested: typed("array", [typed("array", [1, 2], "u16"), typed("array", [], "string")], "array"),
    };
    writeFixture(file("from.gguf"), metadata, {}, { alignment: 64 });
    const read = await readGgufEntries(file("from.gguf"));
    await writeGguf(file("to.gguf"), read, []);
    expect(await readGgufEntries(file("to.gguf"))).toEqual(read);
    const { metadata: values } = await readGguf(file("to.gguf"));
    expect(values).toEqual((await readGguf(file("from.gguf"))).metadata);
    expect(values.get("big")).toBe(2n ** 63n);
  });

  it("is not there until it is whole", async () => {
    const send = () => Promise.reject(new Error("no more"));
    const failing: TensorToWrite = { name: "a", dtype: "F32", shape: [1], send };
    await expect(writeGguf(file("folder", "x.gguf"), entries, [failing])).rejects.toThrow("no more");
    expect(readdirSync(file("folder"))).toEqual([]);
  });
});
