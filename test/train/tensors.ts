/** The tensors of a checkpoint in F32. */
import { join } from "node:path";
import { TensorReader } from "../../src/checkpoint/reader.ts";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";

export async function readTensors(
  directory: string,
  name = "model.safetensors",
): Promise<Map<string, Float32Array>> {
  const tensors = new Map<string, Float32Array>();
  await using reader = new TensorReader();
  for (const [tensor, stored] of await readSafetensors(join(directory, name))) {
    const values = new Float32Array(stored.byteLength / 4);
    await reader.read(stored, 0, new Uint8Array(values.buffer));
    tensors.set(tensor, values);
  }
  return tensors;
}
