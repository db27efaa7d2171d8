/** NF4 written as bitsandbytes stores it: the codes of the reference, and what is read back. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { joinCoded } from "../../src/checkpoint/bitsandbytes.ts";
import type { StoredTensor } from "../../src/checkpoint/checkpoint.ts";
import { asNormalFloats } from "../../src/checkpoint/normal-floats.ts";
import { TensorReader } from "../../src/checkpoint/reader.ts";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";
import { writeSafetensors } from "../../src/checkpoint/safetensors-writer.ts";
import { quantizeModel } from "../../src/convert/quantize.ts";
import { normalFloats } from "../../src/reference/normal-float.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { TestRandom } from "../reference/random.ts";
import { describeWithShared } from "../shared.ts";
import { goldenPath } from "../train/alignment-golden.ts";

const file = temporaryFolder();
const BLOCK = 64;

async function bytesOf(tensor: StoredTensor): Promise<Uint8Array> {
  await using reader = new TensorReader();
  const bytes = new Uint8Array(tensor.byteLength);
  await reader.read(tensor, 0, bytes);
  return bytes;
}

const floatsOf = async (tensor: StoredTensor) => new Float32Array((await bytesOf(tensor)).buffer);

/** Writes a weight, some bytes at a time, and reads it back. */
async function roundTrip(values: Float32Array, shape: number[], step: number): Promise<Float32Array> {
  mkdirSync(file("written"), { recursive: true });
  const path = join(file("written"), "model.safetensors");
  const bytes = new Uint8Array(values.buffer);
  const send = async (write: (bytes: Uint8Array) => Promise<void>) => {
    for (let i = 0; i < bytes.length; i += step) await write(bytes.slice(i, i + step));
  };
  await writeSafetensors(path, {}, asNormalFloats({ name: "w", dtype: "F32", shape, send }, "float32"));
  await using reader = new TensorReader();
  const tensors = await joinCoded(await readSafetensors(path), reader);
  expect([...tensors.keys()]).toEqual(["w"]);
  expect(tensors.get("w")?.shape).toEqual(shape);
  return await floatsOf(tensors.get("w") as StoredTensor);
}

const largest = (values: ArrayLike<number>) => Math.max(...Array.from(values, Math.abs));

it.each([
  [[3, 80], 28],
  [[40, 500], 4096],
  [[1, 5], 4],
  [[2, 64], 1 << 20],
])("writes the nearest levels of each block, and its scale in 8 bits: %j", async (shape, step) => {
  const count = shape.reduce((product, n) => product * n, 1);
  const random = new TestRandom(count);
  const values = Float32Array.from({ length: count }, () => random.uniform() - 0.4);
  const found = await roundTrip(values, shape, step);
  const twin = normalFloats([...values]);
  for (let first = 0; first < count; first += BLOCK) {
    const [own, expected] = [found.slice(first, first + BLOCK), twin.slice(first, first + BLOCK)];
    const [scale, wanted] = [largest(own), largest(expected)];
    // The coarsest gap of the 8 bits is 0.014 of the largest distance from the mean.
    expect(Math.abs(scale - wanted)).toBeLessThan(0.008 * 0.6);
    expect(largest(own.map((v, i) => v / scale - (expected[i] ?? 0) / wanted))).toBeLessThan(1e-6);
  }
});

it("writes zeros, and refuses what is not finite", async () => {
  expect(largest(await roundTrip(new Float32Array(100), [2, 50], 64))).toBe(0);
  const error = await rejectionOf(roundTrip(Float32Array.of(1, Number.NaN, 2), [1, 3], 12));
  expect([error.code, error.message.slice(0, 41)]).toEqual([
    "invalid-file",
    'tensor "w" has a number that NF4 cannot h',
  ]);
});

describeWithShared("against the reference", () => {
  it("writes its codes, and its levels and scales to the last bit but one", async () => {
    await quantizeModel(goldenPath("lora-q4_0", "original"), file("golden"), "nf4");
    const path = "model.safetensors";
    const found = await readSafetensors(file("golden", path));
    const expected = await readSafetensors(goldenPath("lora-nf4", "nf4-double", path));
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, wanted] of expected) {
      const tensor = found.get(name) as StoredTensor;
      if (name.includes("quant_state")) continue; // spaces fill it
      expect([tensor.dtype, tensor.shape]).toEqual([wanted.dtype, wanted.shape]);
      if (tensor.dtype === "U8") expect(await bytesOf(tensor)).toEqual(await bytesOf(wanted));
      else {
        const other = await floatsOf(wanted);
        expect(largest((await floatsOf(tensor)).map((v, i) => v - (other[i] ?? 0)))).toBeLessThan(1e-7);
      }
    }
  });
});
