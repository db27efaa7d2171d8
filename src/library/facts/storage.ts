/** A checkpoint on the disk: files, tensors and their types. */
import { stat } from "node:fs/promises";
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";

export interface Storage {
  /** More than one for a model in shards. */
  readonly files: number;
  readonly fileBytes: number;
  readonly tensors: number;
  readonly tensorBytes: number;
  /** In descending order of bytes. */
  readonly dtypes: readonly { readonly dtype: string; readonly tensors: number; readonly bytes: number }[];
}

/** null for a config without weights. */
export async function storageOf(checkpoint: Checkpoint): Promise<Storage | null> {
  const tensors = [...checkpoint.tensors.values()];
  const files = new Set(tensors.map(({ file }) => file));
  if (checkpoint.format === "gguf") files.add(checkpoint.path);
  if (files.size === 0) return null;

  const sizes = await Promise.all([...files].map(async (file) => (await stat(file)).size));
  const dtypes = new Map<string, { dtype: string; tensors: number; bytes: number }>();
  for (const { dtype, byteLength } of tensors) {
    const group = dtypes.get(dtype) ?? { dtype, tensors: 0, bytes: 0 };
    dtypes.set(dtype, { dtype, tensors: group.tensors + 1, bytes: group.bytes + byteLength });
  }
  return {
    files: files.size,
    fileBytes: sum(sizes),
    tensors: tensors.length,
    tensorBytes: sum(tensors.map(({ byteLength }) => byteLength)),
    dtypes: [...dtypes.values()].sort((a, b) => b.bytes - a.bytes),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
