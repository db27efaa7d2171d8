/**
 * One row through a mixture of experts: routing, and the product with the chosen matrices. Each run chooses
 * the next experts, so their weights come from memory. The amount is the bytes of the chosen ones: the share
 * of the limit is as high as that of `matmul-q4_0-row` if no others are read.
 */
import type { RoutingRule } from "../compute/ops/experts.ts";
import type { QuantizedDtype } from "../compute/packing/quantized-layouts.ts";
import { matrixBytes } from "../compute/tensor.ts";
import { quantizedMatmul } from "../reference/quantized.ts";
import { shape, WIDTH } from "./forward-kernels.ts";
import { type KernelCase, moving } from "./kernel-case.ts";
import { BLOCKS_OF } from "./quantized-kernels.ts";

/** Eight times as many as are active, together larger than the caches. */
const EXPERTS = 64;
const ACTIVE = 8;
const OUTPUTS = 2048;

const RULE: RoutingRule = {
  scores: "sigmoid",
  logitScale: 1,
  normalize: { epsilon: 0 },
  weightScale: 1,
  weighs: "output",
};

/** All experts hold the same numbers, so the result is that of one of them whichever are chosen. */
const row = (layout: QuantizedDtype): KernelCase =>
  moving(
    `experts-${layout}-row`,
    shape(1, WIDTH, OUTPUTS, ACTIVE),
    "read",
    ACTIVE * matrixBytes(OUTPUTS, WIDTH, layout),
    (bench) => {
      const x = bench.random(1, WIDTH);
      const input = bench.tensor(x);
      const { table, elements } = bench.experts(EXPERTS, OUTPUTS, WIDTH, BLOCKS_OF[layout], layout);
      const logits = Array.from({ length: EXPERTS / ACTIVE }, (_, turn) =>
        bench.tensor([
          Array.from({ length: EXPERTS }, (_, expert) => (Math.floor(expert / ACTIVE) === turn ? 9 : 0)),
        ]),
      );
      let runs = 0;
      return {
        run(on) {
          const own = logits[runs++ % logits.length] ?? input;
          const routes = on.ops.route(own, { rule: RULE, active: ACTIVE });
          const rows = on.ops.dispatch(input, routes);
          return on.ops.combine(on.ops.expertLinear(rows, { weights: table(on) }, routes), routes);
        },
        twin: () => quantizedMatmul(x, elements, layout),
      };
    },
  );

export const mixtureCases: readonly KernelCase[] = [row("q4_0"), row("q8_0")];
