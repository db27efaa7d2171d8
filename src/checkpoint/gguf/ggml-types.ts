/**
 * The tensor types of ggml by their id in a GGUF file (enum ggml_type in ggml.h; block sizes from
 * ggml-common.h).
 */

export interface GgmlType {
  readonly id: number;
  readonly name: string;
  /** Elements of a block. A row is a whole number of blocks. */
  readonly blockSize: number;
  readonly bytesPerBlock: number;
}

const rows: readonly (readonly [id: number, name: string, blockSize: number, bytesPerBlock: number])[] = [
  [0, "F32", 1, 4],
  [1, "F16", 1, 2],
  [2, "Q4_0", 32, 18],
  [3, "Q4_1", 32, 20],
  [6, "Q5_0", 32, 22],
  [7, "Q5_1", 32, 24],
  [8, "Q8_0", 32, 34],
  [9, "Q8_1", 32, 36],
  [10, "Q2_K", 256, 84],
  [11, "Q3_K", 256, 110],
  [12, "Q4_K", 256, 144],
  [13, "Q5_K", 256, 176],
  [14, "Q6_K", 256, 210],
  [15, "Q8_K", 256, 292],
  [16, "IQ2_XXS", 256, 66],
  [17, "IQ2_XS", 256, 74],
  [18, "IQ3_XXS", 256, 98],
  [19, "IQ1_S", 256, 50],
  [20, "IQ4_NL", 32, 18],
  [21, "IQ3_S", 256, 110],
  [22, "IQ2_S", 256, 82],
  [23, "IQ4_XS", 256, 136],
  [24, "I8", 1, 1],
  [25, "I16", 1, 2],
  [26, "I32", 1, 4],
  [27, "I64", 1, 8],
  [28, "F64", 1, 8],
  [29, "IQ1_M", 256, 56],
  [30, "BF16", 1, 2],
  [34, "TQ1_0", 256, 54],
  [35, "TQ2_0", 256, 66],
  [39, "MXFP4", 32, 17],
  [40, "NVFP4", 64, 36],
  [41, "Q1_0", 128, 18],
  [42, "Q2_0", 64, 18],
];

const types = rows.map(
  ([id, name, blockSize, bytesPerBlock]): GgmlType => ({ id, name, blockSize, bytesPerBlock }),
);

export const GGML_TYPES: ReadonlyMap<number, GgmlType> = new Map(types.map((type) => [type.id, type]));

const byName: ReadonlyMap<string, GgmlType> = new Map(types.map((type) => [type.name, type]));

/** The type of a known name. */
export function ggmlType(name: string): GgmlType {
  const type = byName.get(name);
  if (type === undefined) throw new Error(`no ggml type ${name}`);
  return type;
}

/** Types of blocks of 32 elements in place of those of 256, as llama.cpp chooses them. */
const SMALLER_BLOCKS: Readonly<Record<string, string>> = {
  Q2_K: "Q4_0",
  Q3_K: "Q4_0",
  Q4_K: "Q5_0",
  Q5_K: "Q5_1",
  Q6_K: "Q8_0",
  IQ4_XS: "IQ4_NL",
};

/** The type, or the one that takes its place because a row of this length is no whole number of blocks. */
export function typeForRows<Name extends string>(name: Name, length: number): Name {
  if (length % ggmlType(name).blockSize === 0) return name;
  return typeForRows((SMALLER_BLOCKS[name] ?? "F16") as Name, length);
}

/** Places of the half floats in a block: scales and mins. */
export const HALF_FLOATS: Readonly<Record<string, readonly number[]>> = {
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q2_K: [80, 82],
  Q3_K: [108],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
  IQ1_S: [0],
  IQ2_XXS: [0],
  IQ2_XS: [0],
  IQ2_S: [0],
  IQ3_XXS: [0],
  IQ3_S: [0],
  IQ4_NL: [0],
  IQ4_XS: [0],
  TQ1_0: [52],
  TQ2_0: [64],
};

/** Bytes of a number of elements, which are whole blocks. */
export function bytesOfType(name: string, elements: number): number {
  const { blockSize, bytesPerBlock } = ggmlType(name);
  return (elements / blockSize) * bytesPerBlock;
}
