/** Kernels of recurrent layers, over the rows of a prompt: 12 heads with a state of 64 x 64. */
import { convolutionStateBytes, recurrenceStateBytes } from "../compute/ops/recurrent-layers.ts";
import * as twin from "../reference/recurrent.ts";
import { at } from "../reference/twins.ts";
import { HEADS, promptBytes, ROWS, shape, WIDTH } from "./forward-kernels.ts";
import { computing, type KernelCase, moving } from "./kernel-case.ts";

const TAPS = 4;
const { nHead, headDim } = HEADS;
const FIRST = { layer: 0, offset: 0 } as const;

const convolution = moving("convolution", shape(ROWS, WIDTH, TAPS), "copy", promptBytes(2), async (bench) => {
  const [x, taps] = [bench.random(ROWS, WIDTH), bench.random(WIDTH, TAPS)];
  const input = bench.tensor(x);
  const batch = bench.states(convolutionStateBytes(WIDTH, TAPS), ROWS);
  const weight = await bench.matrix(taps);
  return {
    run: ({ ops }) => ops.convolution(input, 0, { ...FIRST, weight, bias: undefined, silu: true }, batch),
    twin: () => twin.convolution(x, taps, undefined, true),
  };
});

/** Decay, update and output of a state are a multiply-add each, and the delta rule reads it once more. */
const recurrence = (name: string, delta: boolean): KernelCase =>
  computing(
    name,
    shape(ROWS, nHead, headDim, headDim),
    2 * (delta ? 4 : 3) * ROWS * WIDTH * headDim,
    (bench) => {
      const x = bench.random(ROWS, 3 * WIDTH).map((row) => row.map((v) => v / 8));
      const gates = bench.random(ROWS, 2 * nHead).map((row) => row.map(Math.abs));
      const [rows, factors] = [bench.tensor(x), bench.tensor(gates)];
      const batch = bench.states(recurrenceStateBytes(nHead, headDim, headDim), ROWS);
      const layer = {
        ...FIRST,
        nHead,
        nKeyHead: nHead,
        tiled: false,
        keyDim: headDim,
        valueDim: headDim,
        keys: 0,
        queries: WIDTH,
        values: 2 * WIDTH,
        delta,
        skip: undefined,
      };
      const part = (row: number[], first: number, head: number) =>
        row.slice(first + head * headDim, first + (head + 1) * headDim);
      const ofHead = (head: number) =>
        twin.recurrence(
          x.map((row, t) => ({
            key: part(row, 0, head),
            query: part(row, WIDTH, head),
            value: part(row, 2 * WIDTH, head),
            step: at(gates[t] ?? [], head),
            decay: at(gates[t] ?? [], nHead + head),
          })),
          delta,
        );
      return {
        run: ({ ops }) => ops.recurrence(rows, factors, layer, batch),
        twin() {
          const heads = Array.from({ length: nHead }, (_, head) => ofHead(head));
          return x.map((_, t) => heads.flatMap((head) => head[t] ?? []));
        },
      };
    },
  );

export const recurrentCases: readonly KernelCase[] = [
  convolution,
  recurrence("recurrence", false),
  recurrence("recurrence-delta", true),
];
