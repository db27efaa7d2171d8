/** A checkpoint on the disk: files, tensors and their types. */
import { stat } from "node:fs/promises";
import type { Checkpoint, StoredTensor } from "../../checkpoint/checkpoint.ts";

export interface Storage {
  /** More than one for a model in shards. */
  readonly files: number;
  readonly fileBytes: number;
  readonly tensors: number;
  readonly tensorBytes: number;
  /** In descending order of bytes. */
  readonly dtypes: readonly { readonly dtype: string; readonly tensors: number; readonly bytes: number }[];
}

/** Names of codes of bitsandbytes. */
const FOUR_BITS = { nf4: "NF4", other: "FP4" } as const;

/** Bytes in the file, without levels. */
function bytesOf({ coded, byteLength }: StoredTensor): number {
  if (coded === undefined) return byteLength;
  return coded.codes.byteLength + coded.scales.byteLength + (coded.nested?.scales.byteLength ?? 0);
}

/** null for a config without weights. */
export async function storageOf(checkpoint: Checkpoint): Promise<Storage | null> {
  const tensors = [...checkpoint.tensors.values()];
  const files = new Set(tensors.map(({ file }) => file));
  if (checkpoint.format === "gguf") files.add(checkpoint.path);
  if (files.size === 0) return null;

  const sizes = await Promise.all([...files].map(async (file) => (await stat(file)).size));
  const dtypes = new Map<string, { dtype: string; tensors: number; bytes: number }>();
  for (const tensor of tensors) {
    const dtype = tensor.coded ? FOUR_BITS[tensor.coded.type] : tensor.dtype;
    const group = dtypes.get(dtype) ?? { dtype, tensors: 0, bytes: 0 };
    dtypes.set(dtype, { dtype, tensors: group.tensors + 1, bytes: group.bytes + bytesOf(tensor) });
  }
  return {
    files: files.size,
    fileBytes: sum(sizes),
    tensors: tensors.length,
    tensorBytes: sum(tensors.map(bytesOf)),
    dtypes: [...dtypes.values()].sort((a, b) => b.bytes - a.bytes),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
