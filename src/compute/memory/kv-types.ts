/** Types of keys and values in caches, by the names of llama.cpp. */
import { KvType, SCALED_DIMENSIONS } from "../kernels/table.ts";

export const KV_DTYPES = ["f32", "f16", "q8_0", "q4_0"] as const;
export type KvDtype = (typeof KV_DTYPES)[number];

export interface KvTypes {
  readonly keys: KvDtype;
  readonly values: KvDtype;
}

export const FLOATS: KvTypes = { keys: "f32", values: "f32" };

interface KvLayout {
  /** Number of the type in the kernels. */
  readonly type: number;
  /** Dimensions that share a scale. */
  readonly block: number;
  readonly bytesPerBlock: number;
}

export const KV_LAYOUTS: Readonly<Record<KvDtype, KvLayout>> = {
  f32: { type: KvType.F32, block: 1, bytesPerBlock: 4 },
  f16: { type: KvType.F16, block: 1, bytesPerBlock: 2 },
  q8_0: { type: KvType.Q8_0, block: SCALED_DIMENSIONS, bytesPerBlock: 34 },
  q4_0: { type: KvType.Q4_0, block: SCALED_DIMENSIONS, bytesPerBlock: 18 },
};

/** Bytes of a vector of a head. */
export function vectorBytes(dimensions: number, dtype: KvDtype): number {
  const { block, bytesPerBlock } = KV_LAYOUTS[dtype];
  return (dimensions / block) * bytesPerBlock;
}

/** One name, or those of keys and values: f16,q8_0. */
export const kvTypesName = ({ keys, values }: KvTypes): string =>
  keys === values ? keys : `${keys},${values}`;
