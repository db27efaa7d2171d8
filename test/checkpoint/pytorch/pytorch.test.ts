import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open.ts";
import { readPytorch } from "../../../src/checkpoint/pytorch/pytorch.ts";
import { loadModel } from "../../../src/library/load-model.ts";
import {
  asPytorch,
  legacyBytes,
  type PytorchTensor,
  pickledParameter,
  pickledState,
  pickledTensor,
  pytorchBytes,
  tensorsIn,
  writePytorch,
  type ZipOptions,
} from "../../fixtures/pytorch.ts";
import { writeRandomDirectory } from "../../fixtures/random-checkpoint.ts";
import { gpt2 } from "../../fixtures/stored-config.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const matrix: PytorchTensor = { storage: "FloatStorage", key: "0", elements: 6, shape: [2, 3] };

/** The tensors of a file, each with its bytes. */
async function read(state: Buffer, storages: Readonly<Record<string, Uint8Array>>, options?: ZipOptions) {
  const path = file("pytorch_model.bin");
  writeFileSync(path, pytorchBytes(state, storages, options));
  const bytes = readFileSync(path);
  return [...(await readPytorch(path)).values()].map(({ name, dtype, shape, offset, byteLength }) => ({
    name,
    dtype,
    shape,
    bytes: new Uint8Array(bytes.subarray(offset, offset + byteLength)),
  }));
}

describe("a file of torch.save", () => {
  it.each([{}, { zip64: true }])("holds tensors, which are read in place (%o)", async (options) => {
    const state = pickledState({
      a: pickledTensor(matrix),
      b: pickledParameter({ storage: "HalfStorage", key: "1", elements: 2, shape: [2] }),
      c: pickledTensor({ storage: "LongStorage", key: "2", elements: 1, shape: [] }),
    });
    const storages = {
      0: floats(1, 2, 3, 4, 5, 6),
      1: Uint8Array.of(0, 60, 0, 64),
      2: Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0),
    };
    expect(await read(state, storages, options)).toEqual([
      { name: "a", dtype: "F32", shape: [2, 3], bytes: storages[0] },
      { name: "b", dtype: "F16", shape: [2], bytes: storages[1] },
      { name: "c", dtype: "I64", shape: [], bytes: storages[2] },
    ]);
  });

  it("holds views of one storage, and strides of axes with one element", async () => {
    const state = pickledState({
      head: pickledTensor(matrix),
      embedding: pickledTensor(matrix),
      row: pickledTensor({ ...matrix, offset: 3, shape: [1, 3], strides: [99, 1] }),
    });
    const all = floats(1, 2, 3, 4, 5, 6);
    expect((await read(state, { 0: all })).map(({ bytes }) => bytes)).toEqual([all, all, floats(4, 5, 6)]);
  });

  it("may be of PyTorch before 1.6", async () => {
    const half: PytorchTensor = { storage: "HalfStorage", key: "1", elements: 2, shape: [2] };
    const state = pickledState({
      a: pickledTensor(matrix),
      row: pickledTensor({ ...matrix, offset: 3, shape: [3] }),
      b: pickledTensor(half),
    });
    const storages = { 0: floats(1, 2, 3, 4, 5, 6), 1: Uint8Array.of(0, 60, 0, 64) };
    const path = file("legacy.bin");
    writeFileSync(path, legacyBytes(state, storages, { 0: 6, 1: 2 }));
    const bytes = readFileSync(path);
    const found = [...(await readPytorch(path)).values()].map(({ name, dtype, offset, byteLength }) => [
      name,
      dtype,
      new Uint8Array(bytes.subarray(offset, offset + byteLength)),
    ]);
    expect(found).toEqual([
      ["a", "F32", storages[0]],
      ["row", "F32", floats(4, 5, 6)],
      ["b", "F16", storages[1]],
    ]);
  });

  it("is a model: the same numbers as its safetensors file, whole and in shards", async () => {
    const ids = [1, 2, 3];
    const logitsOf = async (directory: string) => {
      await using model = await loadModel(directory, { threads: 1, simd: "plain" });
      return await model.createSession().append(ids);
    };
    writeRandomDirectory(file("model"), gpt2);
    const expected = await logitsOf(file("model"));
    const weights = file("model", "model.safetensors");
    const tensors = tensorsIn(weights);
    asPytorch(weights, file("model", "pytorch_model.bin"));
    expect(await logitsOf(file("model"))).toEqual(expected);

    rmSync(file("model", "pytorch_model.bin"));
    const names = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"] as const;
    writePytorch(file("model", names[0]), tensors.slice(0, 3));
    writePytorch(file("model", names[1]), tensors.slice(3));
    const map = Object.fromEntries(tensors.map(({ name }, i) => [name, names[i < 3 ? 0 : 1]]));
    writeFileSync(file("model", "pytorch_model.bin.index.json"), JSON.stringify({ weight_map: map }));
    expect(await logitsOf(file("model"))).toEqual(expected);
    expect((await openCheckpoint(file("model"))).tensors.size).toBe(tensors.length);
  });
});
