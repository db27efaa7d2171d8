import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { encode } from "../../src/checkpoint/encodings.ts";
import { readSafetensors, readSafetensorsMetadata } from "../../src/checkpoint/safetensors.ts";
import { writeSafetensors } from "../../src/checkpoint/safetensors-writer.ts";
import type { TensorToWrite } from "../../src/checkpoint/tensor-to-write.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();

const tensor = (
  name: string,
  shape: number[],
  values: number[],
  dtype: "F32" | "F16" | "BF16" = "F32",
): TensorToWrite => ({
  name,
  dtype,
  shape,
  send: async (write) => {
    for (const value of values) await write(encode(dtype, Float32Array.of(value)));
  },
});

describe("a safetensors file", () => {
  it("is what the reader reads: names, shapes, bytes in order, metadata", async () => {
    const path = file("model.safetensors");
    const tensors = [
      tensor("b", [2, 1], [1, 2]),
      tensor('a "quoted" é', [], [3]),
      tensor("empty", [0, 4], []),
      tensor("half", [3], [1, -2, 65504], "F16"),
      tensor("brain", [1], [-1.5], "BF16"),
    ];
    await writeSafetensors(path, { format: "pt", step: "7" }, tensors);
    expect(await readSafetensorsMetadata(path)).toEqual({ format: "pt", step: "7" });
    const read = await readSafetensors(path);
    expect([...read.values()].map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ["b", "F32", [2, 1]],
      ['a "quoted" é', "F32", []],
      ["empty", "F32", [0, 4]],
      ["half", "F16", [3]],
      ["brain", "BF16", [1]],
    ]);
    const bytes = readFileSync(path);
    const start = read.get("b")?.offset ?? 0;
    expect(start % 8).toBe(0);
    expect([0, 4, 8].map((at) => bytes.readFloatLE(start + at))).toEqual([1, 2, 3]);
    expect([12, 14, 16, 18].map((at) => bytes.readUInt16LE(start + at))).toEqual([
      0x3c00, 0xc000, 0x7bff, 0xbfc0,
    ]);
    expect(bytes.length).toBe(start + 20);
  });

  it("is not there until it is whole", async () => {
    const path = file("folder", "broken.safetensors");
    const failing = { ...tensor("a", [1], []), send: () => Promise.reject(new Error("no more")) };
    await expect(writeSafetensors(path, {}, [tensor("b", [1], [1]), failing])).rejects.toThrow("no more");
    expect(readdirSync(file("folder"))).toEqual([]);
  });
});
