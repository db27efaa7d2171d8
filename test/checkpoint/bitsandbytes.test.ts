/** Weights of 4 bits in directories of bitsandbytes: the numbers of the reference, and files that lie. */
import { writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { joinCoded } from "../../src/checkpoint/bitsandbytes.ts";
import type { StoredTensor } from "../../src/checkpoint/checkpoint.ts";
import { openDirectory } from "../../src/checkpoint/directory.ts";
import { TensorReader } from "../../src/checkpoint/reader.ts";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared } from "../shared.ts";
import { goldenPath } from "../train/alignment-golden.ts";

const file = temporaryFolder();

async function read(tensor: StoredTensor, first: number, count: number): Promise<number[]> {
  await using reader = new TensorReader();
  const values = new Float32Array(count);
  await reader.read(tensor, 4 * first, new Uint8Array(values.buffer));
  return [...values];
}

describeWithShared("bitsandbytes, against the reference", () => {
  it.each(["nf4", "nf4-double"])("%s: the same numbers, read whole or in pieces", async (name) => {
    const path = goldenPath("lora-nf4", name);
    const { tensors } = await openDirectory(path);
    const expected = await readSafetensors(`${path}/dequantized.safetensors`);
    expect(expected.size).toBe(8);
    for (const [own, plain] of expected) {
      const tensor = [...tensors.values()].find(
        (one) => one.name.endsWith(`${own}.weight`) || one.name.endsWith(own),
      );
      if (tensor === undefined) throw new Error(`no ${own}`);
      expect(tensor.shape).toEqual(plain.shape);
      const count = plain.byteLength / 4;
      const values = await read(plain, 0, count);
      expect(await read(tensor, 0, count)).toEqual(values);
      expect(await read(tensor, 77, 300)).toEqual(values.slice(77, 377));
    }
    expect([...tensors.keys()].filter((name) => /quant|absmax/.test(name))).toEqual([]);
  });
});

/** A weight of 2 x 3 in blocks of 4, one after the other in a file. */
async function tiny(changes: Readonly<Record<string, Partial<StoredTensor>>> = {}, state: object = {}) {
  const path = file("tiny");
  const json = Buffer.from(JSON.stringify({ quant_type: "nf4", blocksize: 4, shape: [2, 3], ...state }));
  const levels = Buffer.from(Float32Array.from({ length: 16 }, (_, i) => i / 8).buffer);
  const scales = Buffer.from(Float32Array.of(2, -4).buffer);
  const parts = [
    ["w", "U8", [3, 1], Buffer.of(0x12, 0x3f, 0x80)],
    ["w.absmax", "F32", [2], scales],
    ["w.quant_map", "F32", [16], levels],
    ["w.quant_state.bitsandbytes__nf4", "U8", [json.length], json],
  ] as const;
  let offset = 0;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, dtype, shape, bytes] of parts) {
    const tensor = { name, dtype, shape, file: path, offset, byteLength: bytes.length, ...changes[name] };
    tensors.set(name, tensor);
    offset += bytes.length;
  }
  await writeFile(path, Buffer.concat(parts.map(([, , , bytes]) => bytes)));
  await using reader = new TensorReader();
  return await joinCoded(tensors, reader);
}

it("reads the first of two codes from the upper half of a byte", async () => {
  const tensors = await tiny();
  expect([...tensors.keys()]).toEqual(["w"]);
  const weight = tensors.get("w") as StoredTensor;
  expect(weight.shape).toEqual([2, 3]);
  expect(await read(weight, 0, 6)).toEqual([0.25, 0.5, 0.75, 3.75, -4, -0]);
  expect(await read(weight, 3, 2)).toEqual([3.75, -4]);
});

it.each<[string, Parameters<typeof tiny>, RegExp]>([
  ["too few codes", [{ w: { shape: [2, 1] } }], /"w" is U8 \[2, ?1\], expected 3 of U8/],
  ["too few scales", [{}, { blocksize: 2 }], /"w.absmax" is F32 \[2\], expected 3 of F32/],
  ["scales of 8 bits alone", [{ "w.absmax": { dtype: "U8" } }], /no nested_blocksize or nested_offset/],
  ["a block of nothing", [{}, { blocksize: 0 }], /blocksize 0, expected 1 to 65536/],
  ["a huge shape", [{}, { shape: [2 ** 30, 2 ** 30] }], /quant_state shape/],
  ["a shape of words", [{}, { shape: "all" }], /shape "all", expected a list of sizes/],
  ["levels of halves", [{ "w.quant_map": { dtype: "F16" } }], /"w.quant_map" is F16/],
])("names %s", async (_, given, message) => {
  expect((await rejectionOf(tiny(...given))).message).toMatch(message);
});
