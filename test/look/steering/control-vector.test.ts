import { expect, it } from "vitest";
import { ggufValue } from "../../../src/checkpoint/gguf/entries.ts";
import { writeGguf } from "../../../src/checkpoint/gguf/writer.ts";
import { readControlVector, writeControlVector } from "../../../src/look/steering/control-vector.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { tinyConfig } from "../../fixtures/tiny-config.ts";

const fileIn = temporaryFolder();
const config = { ...tinyConfig(7), nEmbd: 3, layers: Array(4).fill(tinyConfig(7).layers[0]) };
const steer = (layer: number, ...values: number[]) => ({
  layer,
  direction: Float32Array.from(values),
  coefficient: 2,
});

it("a control vector is read as it was written, times a scale", async () => {
  const path = fileIn("v.gguf");
  await writeControlVector(path, "llama", [steer(2, 1, 2, 3), steer(4, 4, 5, 6)]);
  expect(await readControlVector(path, config, 0.5)).toEqual([
    { layer: 2, direction: Float32Array.of(2, 4, 6), coefficient: 0.5 },
    { layer: 4, direction: Float32Array.of(8, 10, 12), coefficient: 0.5 },
  ]);
  await expect(readControlVector(path, { ...config, nEmbd: 4 })).rejects.toThrow(
    "direction.1 has 3 elements",
  );
  await expect(readControlVector(path, { ...config, layers: config.layers.slice(0, 2) })).rejects.toThrow(
    "direction.3: this model has blocks 0 to 1",
  );
});

it("what is no control vector is refused", async () => {
  const path = fileIn("w.gguf");
  await expect(writeControlVector(path, "llama", [steer(1, 1, 2, 3)])).rejects.toThrow(
    "begins after block 1",
  );
  await writeGguf(path, new Map([["general.architecture", ggufValue.string("llama")]]), []);
  await expect(readControlVector(path, config)).rejects.toThrow("this is no control vector");
  await writeGguf(path, new Map([["general.architecture", ggufValue.string("controlvector")]]), []);
  await expect(readControlVector(path, config)).rejects.toThrow("holds no direction.N");
});
