/** Kernels of training beside the backward halves: the loss, dropout and the optimizer. */
import { gradientsIn } from "../compute/training/product-gradients.ts";
import { philox4x32 } from "../generate/sampling/random.ts";
import * as gradient from "../reference/gradients.ts";
import { at, dot, sum } from "../reference/twins.ts";
import { HIDDEN, promptBytes, ROWS, shape, VOCABULARY, WIDTH } from "./forward-kernels.ts";
import { type Experiment, type KernelCase, moving } from "./kernel-case.ts";
import type { Workbench } from "./workbench.ts";

function crossEntropy(bench: Workbench): Experiment {
  const x = bench.random(ROWS, VOCABULARY);
  const targets = x.map((_, t) => (997 * t) % VOCABULARY);
  const weights = new Float32Array(ROWS).fill(1);
  const [original, logits] = [bench.tensor(x), bench.tensor(x)];
  return {
    reset: () => bench.restore(logits, original),
    run({ gradients }) {
      gradients.crossEntropy(logits, targets, weights, 0);
      return logits;
    },
    twin: () => gradient.crossEntropy(x, targets, 0).gradient,
  };
}

function dropout(bench: Workbench): Experiment {
  const pass = { rate: 0.1, seed: 1, step: 2, pass: 3 };
  const x = bench.random(ROWS, HIDDEN);
  const values = x.flat();
  const [original, target, rule] = [bench.tensor(x), bench.tensor(x), bench.dropout(pass)];
  return {
    reset: () => bench.restore(target, original),
    run({ gradients }) {
      gradients.dropout(target, rule);
      return target;
    },
    twin() {
      let words: readonly number[] = [];
      const kept = values.map((value, i) => {
        if (i % 4 === 0) words = philox4x32([i / 4, 0, 0, pass.pass], [pass.seed, pass.step]);
        return (words[i % 4] ?? 0) < pass.rate * 2 ** 32 ? 0 : value / (1 - pass.rate);
      });
      return [kept];
    },
  };
}

/** Gradient of the lookup: rows are added to the rows that were looked up. */
function embeddingGradient(bench: Workbench): Experiment {
  const dy = bench.random(ROWS, WIDTH);
  const ids = dy.map((_, t) => (5 * t) % ROWS);
  const [given, chosen] = [bench.tensor(dy), bench.indices(ids)];
  const [zeros, table] = [bench.zeroWeights(ROWS, WIDTH), bench.zeroWeights(ROWS, WIDTH)];
  return {
    reset: () => bench.restoreWeights(table, zeros),
    run({ gradients }) {
      gradients.embedding(gradientsIn(table).weight, given, chosen);
      return table;
    },
    twin() {
      const sums = dy.map((row) => row.map(() => 0));
      for (const [t, id] of ids.entries()) {
        sums[id] = (sums[id] ?? []).map((value, i) => value + at(dy[t] ?? [], i));
      }
      return sums;
    },
  };
}

async function sumSquares(bench: Workbench): Promise<Experiment> {
  const { matrix, rows } = await bench.weights(HIDDEN, WIDTH);
  return {
    run: ({ optimizer }) => Float32Array.of(optimizer.sumSquares(matrix)),
    twin: () => [[sum(rows.map((row) => dot(row, row)))]],
  };
}

/** The first step, without clipping. */
async function adamW(bench: Workbench): Promise<Experiment> {
  const [lr, betas, epsilon, decay] = [1e-3, [0.9, 0.95], 1e-8, 0.1] as const;
  const [start, slope] = [await bench.weights(HIDDEN, WIDTH), await bench.weights(HIDDEN, WIDTH)];
  const fresh = () => bench.zeroWeights(HIDDEN, WIDTH);
  const [zeros, value, dValue, mean, variance] = [fresh(), fresh(), fresh(), fresh(), fresh()];
  const scales = { stepSize: lr / (1 - betas[0]), rootScale: 1 / Math.sqrt(1 - betas[1]) };
  const factors = { clip: 1, keep: 1 - lr * decay, betas, epsilon, ...scales };
  return {
    reset() {
      bench.restoreWeights(value, start.matrix);
      bench.restoreWeights(dValue, slope.matrix);
      bench.restoreWeights(mean, zeros);
      bench.restoreWeights(variance, zeros);
    },
    run({ optimizer }) {
      optimizer.adamW({ value, gradient: dValue, moments: [mean, variance] }, factors);
      return value;
    },
    twin: () =>
      start.rows.map((row, n) =>
        row.map((p, k) => {
          const before = { p, g: at(slope.rows[n] ?? [], k), m: 0, v: 0 };
          return gradient.adamW(before, 1, lr, betas, epsilon, decay).p;
        }),
      ),
  };
}

const PARAMETER_BYTES = 4 * HIDDEN * WIDTH;

export const trainingCases: readonly KernelCase[] = [
  moving("embedding-gradient", shape(ROWS, WIDTH), "copy", promptBytes(3), embeddingGradient),
  moving("cross-entropy", shape(ROWS, VOCABULARY), "copy", promptBytes(2, VOCABULARY), crossEntropy),
  moving("dropout", shape(ROWS, HIDDEN), "copy", promptBytes(2, HIDDEN), dropout),
  moving("sum-squares", shape(HIDDEN, WIDTH), "read", PARAMETER_BYTES, sumSquares),
  moving("adamw", shape(HIDDEN, WIDTH), "copy", 8 * PARAMETER_BYTES, adamW),
];
