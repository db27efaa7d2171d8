import { afterEach, describe, expect, it } from "vitest";
import type { Ops } from "../../../src/compute/ops/ops.ts";
import type { Matrix, Tensor } from "../../../src/compute/tensor.ts";
import { RecordingOps } from "../../../src/compute/training/recording-ops.ts";
import { Tape } from "../../../src/compute/training/tape.ts";
import { matmul, multiply, sum } from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { Laboratory } from "../laboratory.ts";

let lab = new Laboratory("plain", 1);
afterEach(() => {
  lab.close();
  lab = new Laboratory("plain", 1);
});

/** Half the sum of the squares: its gradient is the matrix itself. */
const loss = (y: number[][]): number => sum(y.flat().map((v) => v * v)) / 2;

/** The gradient of the loss along all elements of a matrix of weights, by the tape. */
async function gradientOf(
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
function differences(weights: number[][][], twin: (weights: number[][][]) => number[][]): number[][][] {
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

describe("gradients on the tape equal finite differences", () => {
  it.each([0, 2])("of products with columns from number %i on", async (first) => {
    const random = new TestRandom(1);
    const input = random.matrix(3, 4);
    const weights = [random.matrix(5, 4), random.matrix(first + 5 + 1, 4)];
    const [w = [], v = []] = weights;
    const found = await gradientOf(weights, (ops, [a, b]) => {
      const x = lab.tensor(input);
      return ops.multiply(
        ops.linear(x, { weight: a as Matrix }),
        ops.linear(x, { weight: b as Matrix }),
        first,
      );
    });
    const expected = differences([w, v], ([w = [], v = []]) =>
      multiply(matmul(input, w), matmul(input, v), first),
    );
    expect(
      Math.max(...expected.flat(2).map((value, i) => Math.abs(value - (found.flat(2)[i] ?? 0)))),
    ).toBeLessThan(1e-3);
  });
});
