import { truncateSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { StoredTensor } from "../../src/checkpoint/checkpoint.ts";
import { TensorReader } from "../../src/checkpoint/reader.ts";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";
import { writeSafetensors } from "../fixtures/directory-writer.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();

async function tensorIn(name: string): Promise<StoredTensor> {
  const path = file(name);
  const data = Float32Array.from({ length: 1000 }, (_, i) => i);
  writeSafetensors(path, { other: { shape: [7] }, x: { shape: [10, 100], data } });
  const tensor = (await readSafetensors(path)).get("x");
  if (tensor === undefined) throw new Error("x was not listed");
  return tensor;
}

describe("TensorReader", () => {
  it("reads any range, also into shared memory", async () => {
    const tensor = await tensorIn("ranges.safetensors");
    const reader = new TensorReader();
    const whole = new Float32Array(1000);
    await reader.read(tensor, 0, new Uint8Array(whole.buffer));
    expect([whole[0], whole[1], whole[999]]).toEqual([0, 1, 999]);

    const shared = new SharedArrayBuffer(4096);
    await reader.read(tensor, 500 * 4, new Uint8Array(shared, 64, 8));
    expect([...new Float32Array(shared, 64, 3)]).toEqual([500, 501, 0]);
    await reader.close();
  });

  it("serves many reads at once and opens again after being closed", async () => {
    const tensor = await tensorIn("concurrent.safetensors");
    const reader = new TensorReader();
    const targets = Array.from({ length: 20 }, () => new Float32Array(1));
    await Promise.all(targets.map((target, i) => reader.read(tensor, i * 4, new Uint8Array(target.buffer))));
    expect(targets.map(([value]) => value)).toEqual(targets.map((_, i) => i));
    await reader[Symbol.asyncDispose]();
    await reader.read(tensor, 0, new Uint8Array(4));
    await reader.close();
  });

  it("names file and tensor where the file was cut since", async () => {
    const tensor = await tensorIn("cut.safetensors");
    truncateSync(tensor.file, tensor.offset + 100);
    const reader = new TensorReader();
    const error = await rejectionOf(reader.read(tensor, 0, new Uint8Array(400)));
    expect(error.code).toBe("invalid-file");
    expect(error.message).toMatch(/cut\.safetensors: ends at byte .*"x"/);
    await reader.close();
  });

  it("refuses to read beyond the tensor", async () => {
    const tensor = await tensorIn("beyond.safetensors");
    await expect(new TensorReader().read(tensor, 3999, new Uint8Array(2))).rejects.toThrow(RangeError);
  });
});
