/** Gradients by the tape, and by finite differences of a twin. */
import type { Ops } from "../../../src/compute/ops/ops.ts";
import type { Matrix, Tensor } from "../../../src/compute/tensor.ts";
import { RecordingOps } from "../../../src/compute/training/recording-ops.ts";
import { Tape } from "../../../src/compute/training/tape.ts";
import { sum } from "../../../src/reference/twins.ts";
import type { Laboratory } from "../laboratory.ts";

/** Half the sum of the squares: its gradient is the matrix itself. */
const loss = (y: number[][]): number => sum(y.flat().map((v) => v * v)) / 2;

/** The gradient of the loss along all elements of a matrix of weights, by the tape. */
export async function tapeGradients(
  lab: Laboratory,
  trained: readonly number[][][],
  run: (ops: Ops, weights: readonly Matrix[]) => Tensor,
): Promise<number[][][]> {
  const zeros = (rows: number[][]) => rows.map((row) => row.map(() => 0));
  const pairs = [];
  for (const rows of trained) {
    pairs.push({ value: await lab.matrix(rows), gradient: await lab.matrix(zeros(rows)) });
  }
  const tape = new Tape(lab.runtime, 1, pairs);
  const mark = tape.mark();
  tape.begins(
    run(
      new RecordingOps(tape, lab.ops),
      pairs.map(({ value }) => value),
    ),
  );
  await tape.backward(mark, async () => {});
  return pairs.map(({ gradient }) => lab.unpack(gradient));
}

/** The same by central differences of a twin. */
export function differences(
  weights: number[][][],
  twin: (weights: number[][][]) => number[][],
): number[][][] {
  const h = 1e-4;
  return weights.map((rows, n) =>
    rows.map((row, i) =>
      row.map((_, j) => {
        const along = (by: number) => {
          const moved = structuredClone(weights);
          const target = moved[n]?.[i] as number[];
          target[j] = (target[j] ?? 0) + by;
          return loss(twin(moved));
        };
        return (along(h) - along(-h)) / (2 * h);
      }),
    ),
  );
}
