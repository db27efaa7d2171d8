/** The backward halves of the kernels in forward-kernels.ts, with the same sizes. */
import type { NormRows } from "../compute/training/gradient-ops.ts";
import { gradientsIn } from "../compute/training/product-gradients.ts";
import { attentionGradient as attentionTwin } from "../reference/attention.ts";
import { value } from "../reference/ggml-blocks.ts";
import * as gradient from "../reference/gradients.ts";
import { at, matmul } from "../reference/twins.ts";
import { activations, gates } from "./element-kernels.ts";
import {
  attentionFlops,
  columns,
  EPSILON,
  HEADS,
  HIDDEN,
  MATMUL_FLOPS,
  promptBytes,
  ROWS,
  shape,
  WIDTH,
} from "./forward-kernels.ts";
import { computing, type Experiment, type KernelCase, moving } from "./kernel-case.ts";
import type { Workbench } from "./workbench.ts";

const transposed = (rows: readonly number[][]): number[][] =>
  (rows[0] ?? []).map((_, k) => rows.map((row) => at(row, k)));

/** dX = dY W. */
async function inputGradient(bench: Workbench): Promise<Experiment> {
  const dy = bench.random(ROWS, WIDTH);
  const { matrix, rows: w } = await bench.weights(WIDTH, WIDTH);
  const [given, dx, columnsOfW] = [bench.tensor(dy), bench.zeros(ROWS, WIDTH), transposed(w)];
  return {
    run({ gradients }) {
      gradients.linearInput(dx, given, matrix);
      return dx;
    },
    twin: () => matmul(dy, columnsOfW),
  };
}

/** As `inputGradient`, from weights whose blocks become floats on the way. */
function expandedInputGradient(bench: Workbench): Experiment {
  const dy = bench.random(ROWS, WIDTH);
  const { matrix, elements } = bench.quantized(WIDTH, WIDTH, "Q4_0", "q4_0");
  const [given, dx] = [bench.tensor(dy), bench.zeros(ROWS, WIDTH)];
  return {
    run(on) {
      on.gradients.linearInput(dx, given, matrix(on));
      return dx;
    },
    twin: () => matmul(dy, transposed(elements.map((row) => row.map(value)))),
  };
}

/** dW += dY^T X. */
function weightGradient(bench: Workbench): Experiment {
  const [dy, x] = [bench.random(ROWS, WIDTH), bench.random(ROWS, WIDTH)];
  const [given, input] = [bench.tensor(dy), bench.tensor(x)];
  const [zeros, dw] = [bench.zeroWeights(WIDTH, WIDTH), bench.zeroWeights(WIDTH, WIDTH)];
  const [left, right] = [transposed(dy), transposed(x)];
  return {
    reset: () => bench.restoreWeights(dw, zeros),
    run({ gradients }) {
      gradients.linearWeights(gradientsIn(dw), given, input);
      return dw;
    },
    twin: () => matmul(left, right),
  };
}

/** Gradient of attention, for a batch of one sequence. */
function attentionGradient(bench: Workbench): Experiment {
  const { nHead, headDim } = HEADS;
  const [rows, dy] = [bench.random(ROWS, 3 * WIDTH), bench.random(ROWS, WIDTH)];
  const [qkv, given, dqkv] = [bench.tensor(rows), bench.tensor(dy), bench.zeros(ROWS, 3 * WIDTH)];
  const batch = bench.batch(bench.cache(qkv, HEADS), ROWS);
  const part = (from: readonly number[][], head: number) => columns(from, head * headDim, headDim);
  const heads = Array.from({ length: nHead }, (_, head) => ({
    q: part(rows, head),
    k: part(rows, nHead + head),
    v: part(rows, 2 * nHead + head),
    dout: part(dy, head),
  }));
  return {
    run({ gradients }) {
      gradients.attention(dqkv, given, qkv, HEADS, batch);
      return dqkv;
    },
    twin() {
      const parts = heads.map(({ q, k, v, dout }) => attentionTwin(q, k, v, HEADS, dout));
      return rows.map((_, t) =>
        (["dq", "dk", "dv"] as const).flatMap((of) => parts.flatMap((d) => d[of][t] ?? [])),
      );
    },
  };
}

const wholeRows: NormRows = { rows: ROWS, width: WIDTH, groupSize: 1, groupStride: WIDTH, offset: 0 };

/** Gradients of a norm, of its weight and of its bias. */
const norm = (centred: boolean) => async (bench: Workbench) => {
  const [x, dy, [weight = []]] = [
    bench.random(ROWS, WIDTH),
    bench.random(ROWS, WIDTH),
    bench.random(1, WIDTH),
  ];
  const [input, given, dx] = [bench.tensor(x), bench.tensor(dy), bench.tensor(dy)];
  const [w, dw, db] = [await bench.vector(weight), bench.zeroWeights(WIDTH, 1), bench.zeroWeights(WIDTH, 1)];
  const targets = centred ? gradientsIn(dw, db) : gradientsIn(dw);
  const experiment: Experiment = {
    reset: () => bench.restore(dx, given),
    run({ gradients }) {
      gradients.norm(dx, input, w, targets, wholeRows, EPSILON, centred);
      return dx;
    },
    twin: () => gradient.norm(x, weight, EPSILON, centred, dy).dx,
  };
  return experiment;
};

const slopes = {
  gelu_tanh: gradient.geluTanhSlope,
  gelu_erf: gradient.geluErfSlope,
  silu: gradient.siluSlope,
  relu: gradient.reluSlope,
  relu_squared: gradient.reluSquaredSlope,
  tanh: gradient.tanhSlope,
  quick_gelu: gradient.quickGeluSlope,
  relu6: gradient.relu6Slope,
  sigmoid: gradient.sigmoidSlope,
} as const;

const activation = (kind: keyof typeof slopes) => (bench: Workbench) => {
  const [x, dy] = [bench.random(ROWS, HIDDEN), bench.random(ROWS, HIDDEN)];
  const [input, given, dx] = [bench.tensor(x), bench.tensor(dy), bench.tensor(dy)];
  const experiment: Experiment = {
    reset: () => bench.restore(dx, given),
    run({ gradients }) {
      gradients.activation(kind, dx, input);
      return dx;
    },
    twin: () => dy.map((row, t) => row.map((g, i) => g * slopes[kind](at(x[t] ?? [], i)))),
  };
  return experiment;
};

const gatedLayer = (kind: (typeof gates)[number]["kind"]) => (bench: Workbench) => {
  const [x, dy] = [bench.random(ROWS, 2 * HIDDEN), bench.random(ROWS, HIDDEN)];
  const [input, given, dx] = [bench.tensor(x), bench.tensor(dy), bench.zeros(ROWS, 2 * HIDDEN)];
  const experiment: Experiment = {
    run({ gradients }) {
      gradients.gated(kind, dx, given, input);
      return dx;
    },
    twin: () =>
      x.map((row, t) => {
        const own = dy[t] ?? [];
        const slopes = own.map((_, i) => gatedSlopes(kind, at(row, i), at(row, HIDDEN + i)));
        return (["gate", "up"] as const).flatMap((part) => own.map((g, i) => g * (slopes[i]?.[part] ?? 0)));
      }),
  };
  return experiment;
};

export function gatedSlopes(kind: (typeof gates)[number]["kind"], gate: number, up: number) {
  if (kind === "clamped_swiglu") return gradient.clampedSwiglu(gate, up);
  const value = activations.find((activation) => activation.kind === kind)?.of(gate) ?? 0;
  return { gate: up * slopes[kind](gate), up: value };
}

/** 2.5 times the forward pass: the scores again, and the gradients of both products. */
const ATTENTION_FLOPS = 2.5 * attentionFlops(ROWS, ROWS);

export const gradientCases: readonly KernelCase[] = [
  computing("input-gradient", shape(ROWS, WIDTH, WIDTH), MATMUL_FLOPS, inputGradient),
  computing("input-gradient-q4_0", shape(ROWS, WIDTH, WIDTH), MATMUL_FLOPS, expandedInputGradient),
  computing("weight-gradient", shape(ROWS, WIDTH, WIDTH), MATMUL_FLOPS, weightGradient),
  computing("attention-gradient", shape(ROWS, 12, 64), ATTENTION_FLOPS, attentionGradient),
  moving("layer-norm-gradient", shape(ROWS, WIDTH), "copy", promptBytes(3), norm(true)),
  moving("rms-norm-gradient", shape(ROWS, WIDTH), "copy", promptBytes(3), norm(false)),
  ...activations.map(({ name, kind }) =>
    moving(`${name}-gradient`, shape(ROWS, HIDDEN), "copy", promptBytes(3, HIDDEN), activation(kind)),
  ),
  ...gates.map(({ name, kind }) =>
    moving(`${name}-gradient`, shape(ROWS, HIDDEN), "copy", promptBytes(5, HIDDEN), gatedLayer(kind)),
  ),
];
