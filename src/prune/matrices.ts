/** The matrices that are pruned: those of attention and MLPs, not embeddings, routers and the head. */
import type { Packing } from "../compute/packing/packing.ts";
import type { Matrix } from "../compute/tensor.ts";
import { ROUTER } from "../model/weight-spec.ts";
import { matrixNamed } from "../weights/load.ts";
import type { ResolvedWeight } from "../weights/resolve.ts";

/** Rows of a packed matrix that are read or written at once. */
const ROWS = 256;

/** Consecutive outputs of a packed matrix. */
interface PackedRows {
  readonly packed: Matrix;
  readonly packing: Packing;
  readonly firstOutput: number;
  readonly outputs: number;
  readonly inputs: number;
}

/** One stored matrix among those that a packed matrix stacks. */
export interface PrunedMatrix extends PackedRows {
  /** Of its tensor in the checkpoint. */
  readonly name: string;
  /** Canonical name of its module, which operations know. */
  readonly module: string;
  readonly layer: number;
}

/** Numbers of the layers of matrices, in order. */
export const layersOf = (matrices: readonly PrunedMatrix[]): readonly number[] => [
  ...new Set(matrices.map(({ layer }) => layer)),
];

/** In the order of the forward pass. */
export function prunedMatrices(
  weights: readonly ResolvedWeight[],
  matrices: ReadonlyMap<string, Matrix>,
  packing: Packing,
): PrunedMatrix[] {
  return weights.flatMap(({ spec, parts }) => {
    const { kind, part, layer, name: canonical } = spec;
    const isInBlock = part === "attention" || part === "mlp";
    if (kind !== "linear" || layer === undefined || !isInBlock || spec.module === ROUTER) return [];
    const packed = matrixNamed(matrices, canonical);
    let first = 0;
    return parts.map(({ stored, outputs }) => {
      const firstOutput = first;
      first += outputs;
      const module = canonical.replace(/\.weight$/, "");
      const { inputs } = packed;
      return { name: stored.name, module, layer, packed, packing, firstOutput, outputs, inputs };
    });
  });
}

/** [outputs, inputs] */
export async function readValues({ packing, packed, ...place }: PackedRows): Promise<Float32Array> {
  const values = new Float32Array(place.outputs * place.inputs);
  const bytes = new Uint8Array(values.buffer);
  for (const { chunk, begin } of chunksOf(place)) {
    await packing.unpack(packed, chunk, (staging) => bytes.set(staging, begin));
  }
  return values;
}

export async function writeValues(
  { packing, packed, ...place }: PackedRows,
  values: Float32Array,
): Promise<void> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  for (const { chunk, begin } of chunksOf(place)) {
    await packing.pack(packed, chunk, (staging) =>
      staging.set(bytes.subarray(begin, begin + staging.length)),
    );
  }
}

function* chunksOf({ firstOutput, outputs, inputs }: Omit<PackedRows, "packed" | "packing">) {
  for (let row = 0; row < outputs; row += ROWS) {
    const place = { firstOutput: firstOutput + row, outputs: Math.min(ROWS, outputs - row) };
    const chunk = { dtype: "F32", transposed: false, ...place, firstInput: 0, inputs } as const;
    yield { chunk, begin: row * inputs * 4 };
  }
}
