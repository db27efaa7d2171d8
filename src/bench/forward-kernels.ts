/**
 * Kernels of the forward pass, with the sizes of GPT-2: width 768, 12 heads of 64. 144 rows are one pass over
 * a prompt.
 */
import { kvCacheBytes } from "../compute/memory/kv-shape.ts";
import { KV_DTYPES, type KvDtype } from "../compute/memory/kv-types.ts";
import { CAUSAL } from "../compute/ops/attention-layers.ts";
import { matrixBytes, type WeightDtype } from "../compute/tensor.ts";
import { attendRow } from "../reference/attention.ts";
import { keptAs } from "../reference/kv-cache.ts";
import * as twin from "../reference/twins.ts";
import { computing, type Experiment, type KernelCase, moving } from "./kernel-case.ts";
import type { Workbench } from "./workbench.ts";

export const ROWS = 144;
export const WIDTH = 768;
export const HEADS = {
  layer: 0,
  nHead: 12,
  nKvHead: 12,
  headDim: 64,
  valueDim: 64,
  scale: 1 / 8,
  reach: CAUSAL,
} as const;
export const EPSILON = 1e-5;

/** Outputs of a matrix that is larger than all caches, and positions of a long text. */
export const MANY_OUTPUTS = 49_152;
const MANY_POSITIONS = 4096;

export const shape = (...sizes: readonly number[]): string => sizes.join(" x ");

/** Bytes of f32 tensors of a prompt. */
export const promptBytes = (tensors: number, width = WIDTH): number => 4 * tensors * ROWS * width;

export const MATMUL_FLOPS = 2 * ROWS * WIDTH * WIDTH;

/**
 * The rows of a prompt times weights, and one row times weights with `manyOutputs` outputs, larger than all
 * caches.
 */
export const matmulCases = <D extends WeightDtype>(
  dtype: D,
  manyOutputs: number,
  product: (rows: number, outputs: number, dtype: D) => KernelCase["prepare"],
): KernelCase[] => [
  computing(`matmul-${dtype}`, shape(ROWS, WIDTH, WIDTH), MATMUL_FLOPS, product(ROWS, WIDTH, dtype)),
  moving(
    `matmul-${dtype}-row`,
    shape(1, WIDTH, manyOutputs),
    "read",
    matrixBytes(manyOutputs, WIDTH, dtype),
    product(1, manyOutputs, dtype),
  ),
];

const matmul = (["f32", "bf16", "f16"] as const).flatMap((dtype) =>
  matmulCases(dtype, MANY_OUTPUTS, product),
);

function product(rows: number, outputs: number, dtype: WeightDtype): KernelCase["prepare"] {
  return async (bench) => {
    const x = bench.random(rows, WIDTH);
    const { matrix, rows: w } = await bench.weights(outputs, WIDTH, dtype);
    const input = bench.tensor(x);
    return { run: ({ ops }) => ops.linear(input, { weight: matrix }), twin: () => twin.matmul(x, w) };
  };
}

/**
 * The rows of a prompt over themselves, and one row over keys and values that are larger than the caches of a
 * processor.
 */
const attentionCases = (dtype: KvDtype): KernelCase[] => [
  computing(
    `attention-${dtype}`,
    shape(ROWS, 12, 64),
    attentionFlops(ROWS, ROWS),
    attention(ROWS, ROWS, dtype),
  ),
  moving(
    `attention-${dtype}-row`,
    `${MANY_POSITIONS} positions`,
    "read",
    kvCacheBytes({ layers: [HEADS], types: { keys: dtype, values: dtype } }, MANY_POSITIONS),
    attention(MANY_POSITIONS, 1, dtype),
  ),
];

/** Attention of the last `rows` of all positions. */
function attention(positions: number, rows: number, dtype: KvDtype): KernelCase["prepare"] {
  return (bench) => {
    const { nHead, headDim } = HEADS;
    const qkv = bench.random(positions, 3 * nHead * headDim);
    const cache = bench.cache(bench.tensor(qkv), { ...HEADS, types: { keys: dtype, values: dtype } });
    const kept = (rows: number[][]) => rows.map((row) => keptAs(dtype, row));
    const [batch, last] = [bench.batch(cache, rows), qkv.slice(-rows)];
    const input = bench.tensor(last);
    const heads = Array.from({ length: nHead }, (_, head) => ({
      queries: columns(last, head * headDim, headDim),
      keys: kept(columns(qkv, (nHead + head) * headDim, headDim)),
      values: kept(columns(qkv, (2 * nHead + head) * headDim, headDim)),
    }));
    return {
      run: ({ ops }) => ops.attention(input, HEADS, batch),
      twin: () =>
        last.map((_, row) => {
          const length = positions - rows + row + 1;
          return heads.flatMap(({ queries, keys, values }) =>
            attendRow(queries[row] ?? [], keys, values, length - 1, HEADS),
          );
        }),
    };
  };
}

export const columns = (rows: readonly number[][], first: number, count: number): number[][] =>
  rows.map((row) => row.slice(first, first + count));

/** Operations of scores and sums: two for each multiply-add. */
export const attentionFlops = (positions: number, rows: number): number =>
  4 * HEADS.nHead * HEADS.headDim * rows * (positions - (rows - 1) / 2);

const norms = [
  moving("layer-norm", shape(ROWS, WIDTH), "copy", promptBytes(2), async (bench) => {
    const x = bench.random(ROWS, WIDTH);
    const [weight = [], bias = []] = bench.random(2, WIDTH);
    const [input, w, b] = [bench.tensor(x), await bench.vector(weight), await bench.vector(bias)];
    return {
      run: ({ ops }) => ops.normalize(input, { weight: w, bias: b, epsilon: EPSILON }),
      twin: () => twin.layerNorm(x, weight, bias, EPSILON),
    };
  }),
  moving("rms-norm", shape(ROWS, WIDTH), "copy", promptBytes(2), async (bench) => {
    const x = bench.random(ROWS, WIDTH);
    const [weight = []] = bench.random(1, WIDTH);
    const [input, w] = [bench.tensor(x), await bench.vector(weight)];
    return {
      run: ({ ops }) => ops.normalize(input, { weight: w, epsilon: EPSILON }),
      twin: () => twin.rmsNorm(x, weight, EPSILON),
    };
  }),
];

/** Width of the hidden layer. */
export const HIDDEN = 4 * WIDTH;
export const VOCABULARY = 4096;

const lookups = [
  moving("softmax", shape(ROWS, WIDTH), "copy", promptBytes(2), (bench) => {
    const x = bench.random(ROWS, WIDTH);
    const input = bench.tensor(x);
    return { run: ({ ops }) => ops.softmax(input), twin: () => x.map(twin.softmax) };
  }),
  moving("log-sums", shape(ROWS, VOCABULARY), "copy", promptBytes(1, VOCABULARY), (bench) => {
    const x = bench.random(ROWS, VOCABULARY);
    const input = bench.tensor(x);
    return { run: ({ ops }) => ops.logSums(input), twin: () => x.map(twin.logSum) };
  }),
  moving("read-logits", shape(ROWS, VOCABULARY), "copy", promptBytes(1, VOCABULARY), (bench) => {
    const x = bench.random(ROWS, VOCABULARY);
    const [input, ids] = [bench.tensor(x), x.map((_, i) => (997 * i) % VOCABULARY)];
    const chosen = bench.indices(ids);
    const twins = () => x.map((row, i) => twin.reading(row, [ids[i] ?? 0], 5));
    return { run: ({ ops }) => ops.readLogits(input, chosen, 5), twin: twins };
  }),
  moving("divergences", shape(ROWS, VOCABULARY), "copy", promptBytes(2, VOCABULARY), (bench) => {
    const [x, y] = [bench.random(ROWS, VOCABULARY), bench.random(ROWS, VOCABULARY)];
    const [a, b] = [bench.tensor(x), bench.tensor(y)];
    const twins = () => x.map((row, i) => [twin.divergence(row, y[i] ?? [])]);
    return { run: ({ ops }) => ops.divergences(a, b), twin: twins };
  }),
  moving("rope", shape(ROWS, 24, 64), "copy", promptBytes(4), rope),
  moving("embedding", shape(ROWS, WIDTH), "copy", promptBytes(2), async (bench) => {
    const { matrix, rows } = await bench.weights(VOCABULARY, WIDTH);
    const ids = Array.from({ length: ROWS }, (_, i) => (997 * i) % VOCABULARY);
    const chosen = bench.indices(ids);
    return {
      run: ({ ops }) => ops.embedding({ weight: matrix }, chosen),
      twin: () => ids.map((id) => [...(rows[id] ?? [])]),
    };
  }),
];

/** Turns queries and keys, and leaves values. */
function rope(bench: Workbench): Experiment {
  const { nHead, nKvHead, headDim } = HEADS;
  const frequencies = Array.from({ length: headDim / 2 }, (_, i) => 10_000 ** ((-2 * i) / headDim));
  const angles = Array.from({ length: ROWS }, (_, position) => frequencies.map((f) => position * f));
  const table = {
    cos: bench.tensor(angles.map((row) => row.map(Math.cos))),
    sin: bench.tensor(angles.map((row) => row.map(Math.sin))),
  };
  const x = bench.random(ROWS, 3 * nHead * headDim);
  const [original, qkv] = [bench.tensor(x), bench.tensor(x)];
  const batch = bench.batch(bench.cache(original, HEADS), ROWS);
  return {
    reset: () => bench.restore(qkv, original),
    run: ({ ops }) => {
      ops.rope(qkv, HEADS, table, batch);
      return qkv;
    },
    twin: () =>
      x.map((row, position) =>
        Array.from({ length: nHead + 2 * nKvHead }, (_, head) => {
          const values = row.slice(head * headDim, (head + 1) * headDim);
          return head < nHead + nKvHead ? twin.rope(values, position, frequencies) : values;
        }).flat(),
      ),
  };
}

export const forwardCases: readonly KernelCase[] = [
  ...matmul,
  ...KV_DTYPES.flatMap(attentionCases),
  ...norms,
  ...lookups,
];
