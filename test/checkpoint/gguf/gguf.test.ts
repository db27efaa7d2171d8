import { readdirSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readGguf } from "../../../src/checkpoint/gguf/gguf.ts";
import { TensorReader } from "../../../src/checkpoint/reader.ts";
import { typed, writeGguf } from "../../fixtures/gguf-writer.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../shared.ts";

const file = temporaryFolder();

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
