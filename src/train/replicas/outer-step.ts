/**
 * The outer step of DiLoCo (Douillard et al. 2023, algorithm 1), from files to a file. Its gradient is the mean
 * of the changes; Nesterov's momentum is as PyTorch's SGD computes it:
 *
 *     g = (c_1 + ... + c_N) / N       m' = mu m + g       w' = w - lr (g + mu m')
 *
 * Sums are in doubles and in the order of the list, so the same files give the same bytes.
 */
import type { StoredTensor } from "../../checkpoint/checkpoint.ts";
import { elementCount } from "../../checkpoint/layout.ts";
import { TensorReader } from "../../checkpoint/reader.ts";
import { readSafetensors } from "../../checkpoint/safetensors.ts";
import { writeSafetensors } from "../../checkpoint/safetensors-writer.ts";
import type { TensorToWrite } from "../../checkpoint/tensor-to-write.ts";
import { GptError } from "../../errors.ts";
import { bytesOf, isChangeOf, readChange } from "./change.ts";

/** Prefix of the names of momenta. A file without them, the first, has momenta of 0. */
const MOMENTUM = "momentum.";

/** Numbers that are read at once: a multiple of the block of a change. */
const CHUNK = 1 << 18;

interface OuterSettings {
  readonly rate: number;
  readonly momentum: number;
}

/**
 * Memory is one tensor, its momentum, and a chunk of a change.
 *
 * @param from file of the last outer step
 * @throws GptError `not-found` for a file that is gone, `invalid-file` for one of another model, as `writeError`
 */
export async function writeOuterStep(
  path: string,
  from: string,
  changes: readonly string[],
  settings: OuterSettings,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const state = await readSafetensors(from);
  const gradients = await Promise.all(changes.map(readSafetensors));
  await using reader = new TensorReader();
  const step: Step = { reader, settings };
  const weights = [...state.values()].filter(({ name }) => !name.startsWith(MOMENTUM));
  const tensors = weights
    .sort((a, b) => a.offset - b.offset)
    .flatMap((weight) => {
      const own = gradients.map((tensors, i) => changeNamed(tensors, weight, changes[i] ?? ""));
      return nextOf(step, weight, state.get(MOMENTUM + weight.name), own);
    });
  await writeSafetensors(path, metadata, tensors);
}

function changeNamed(
  tensors: ReadonlyMap<string, StoredTensor>,
  weight: StoredTensor,
  file: string,
): StoredTensor {
  const found = tensors.get(weight.name);
  if (found !== undefined && isChangeOf(found, weight)) return found;
  const problem = `tensor ${weight.name} is missing, or not of its shape ${weight.shape.join(" x ")}`;
  throw new GptError("invalid-file", `${file}: ${problem}: this replica trains another model`);
}

interface Step {
  readonly reader: TensorReader;
  readonly settings: OuterSettings;
}

/** A weight after the step, and its momentum, which is kept from the one to the other. */
function nextOf(
  { reader, settings: { rate, momentum } }: Step,
  weight: StoredTensor,
  before: StoredTensor | undefined,
  changes: readonly StoredTensor[],
): TensorToWrite[] {
  const { name, shape } = weight;
  const count = elementCount(shape) ?? Number.NaN;
  let kept = new Float32Array(0);
  const sendWeight: TensorToWrite["send"] = async (write) => {
    kept = new Float32Array(count);
    for (let first = 0; first < count; first += CHUNK) {
      const size = Math.min(CHUNK, count - first);
      const velocity = kept.subarray(first, first + size);
      if (before) await reader.read(before, 4 * first, bytesOf(velocity));
      const mean = await meanOf(reader, changes, first, size);
      const values = new Float32Array(size);
      await reader.read(weight, 4 * first, bytesOf(values));
      for (let i = 0; i < size; i++) {
        const [gradient, value] = [mean[i] as number, values[i] as number];
        const next = Math.fround(momentum * (velocity[i] as number) + gradient);
        velocity[i] = next;
        values[i] = value - rate * (gradient + momentum * next);
      }
      await write(bytesOf(values));
    }
  };
  const sendMomentum: TensorToWrite["send"] = async (write) => {
    await write(bytesOf(kept));
    kept = new Float32Array(0);
  };
  return [
    { name, dtype: "F32", shape, send: sendWeight },
    { name: MOMENTUM + name, dtype: "F32", shape, send: sendMomentum },
  ];
}

async function meanOf(
  reader: TensorReader,
  changes: readonly StoredTensor[],
  first: number,
  size: number,
): Promise<Float64Array> {
  const sum = new Float64Array(size);
  const change = new Float32Array(size);
  for (const tensor of changes) {
    await readChange(reader, tensor, first, change);
    for (let i = 0; i < size; i++) sum[i] = (sum[i] as number) + (change[i] as number);
  }
  return sum.map((value) => value / changes.length);
}
