/**
 * Adds adapters to the weights of a model: W + scale B A, in f32. With magnitudes the rows of the sum then
 * get these lengths (DoRA, Liu et al. 2024).
 */
import { createIndices } from "../../compute/batch.ts";
import { KernelOps } from "../../compute/ops/kernel-ops.ts";
import type { Matrix, Tensor } from "../../compute/tensor.ts";
import { type LoadProgress, matrixNamed } from "../load.ts";
import type { OpenWeights } from "../open.ts";
import type { StoredWeight } from "../resolve.ts";
import type { AdaptedModule } from "./adapted-module.ts";
import type { FoundAdapter } from "./find.ts";

/** Bytes of a weight that are changed at once. */
const CHUNK_BYTES = 1 << 20;

/**
 * Changes weights by adapters, one after the other.
 *
 * @param matrices by canonical name. Changed matrices are f32
 * @throws the signal's reason when it is aborted
 */
export async function addAdapters(
  open: OpenWeights,
  matrices: ReadonlyMap<string, Matrix>,
  adapters: readonly FoundAdapter[],
  { signal }: Pick<LoadProgress, "signal">,
): Promise<void> {
  for (const { modules, scale } of adapters) {
    for (const adapted of modules) {
      signal?.throwIfAborted();
      const weight = matrixNamed(matrices, adapted.module.weight);
      using beside = open.beside(weight.bank);
      const ops = new KernelOps(beside.runtime, beside.threads);
      await addProduct(beside, ops, weight, adapted, scale * adapted.scaling);
    }
  }
}

/**
 * Adds scale B A to the module's outputs of a weight, and gives these rows their lengths, a chunk at a time.
 *
 * @param beside an arena for B and A
 */
async function addProduct(
  beside: OpenWeights,
  ops: KernelOps,
  weight: Matrix,
  { module, a, b, magnitudes }: AdaptedModule,
  scale: number,
): Promise<void> {
  const loaded = await beside.load([transposed(a), b], () => "f32");
  const lengths = magnitudes && (await lengthsIn(beside, magnitudes));
  const [right, left] = [a, b].map(({ spec }) => matrixNamed(loaded, spec.name)) as [Matrix, Matrix];
  /** The rows of a matrix [outputs, inputs], for `count` of its outputs. */
  const rowsOf = (matrix: Matrix, first: number, count: number): Tensor => {
    const ids = Array.from({ length: count }, (_, i) => first + i);
    return ops.embedding({ weight: matrix }, createIndices(beside.runtime, ids));
  };
  const step = Math.max(1, Math.floor(CHUNK_BYTES / (4 * module.inputs)));
  for (let first = 0; first < module.outputs; first += step) {
    const outputs = Math.min(step, module.outputs - first);
    const firstOutput = module.firstOutput + first;
    const place = { firstOutput, outputs, firstInput: 0, inputs: module.inputs };
    const chunk = { dtype: "F32", transposed: false, ...place } as const;
    await beside.packing.pack(weight, chunk, (staging) => {
      const rows = rowsOf(weight, firstOutput, outputs);
      ops.addLinear(rows, rowsOf(left, first, outputs), right, 0, scale);
      if (lengths) stretch(ops.view(rows), module.inputs, lengths.subarray(first, first + outputs));
      staging.set(new Uint8Array(ops.read(rows).buffer));
    });
  }
}

/** A weight that is read as its transpose. */
function transposed({ spec, parts }: StoredWeight): StoredWeight {
  const [outputs, inputs = 1] = spec.shape;
  return {
    spec: { ...spec, shape: [inputs, outputs] },
    parts: parts.map(({ source, stored }) => {
      const layout = source.layout === "linear" ? "conv1d" : "linear";
      return { stored, outputs: inputs, source: { ...source, layout } };
    }),
  };
}

async function lengthsIn(beside: OpenWeights, magnitudes: StoredWeight): Promise<Float32Array> {
  const vector = matrixNamed(await beside.load([magnitudes], () => "f32"), magnitudes.spec.name);
  return new KernelOps(beside.runtime, beside.threads).read(beside.packing.vector(vector));
}

/** Gives rows their lengths. A row of zeros stays. */
function stretch(rows: Float32Array, width: number, lengths: Float32Array): void {
  for (const [i, length] of lengths.entries()) {
    const row = rows.subarray(i * width, (i + 1) * width);
    let square = 0;
    for (const v of row) square += v * v;
    const factor = length / Math.sqrt(square || 1);
    for (let j = 0; j < width; j++) row[j] = factor * (row[j] as number);
  }
}
