import { afterEach, describe, expect, it } from "vitest";
import { AttentionSummaryOps } from "../../../src/compute/ops/attention-summary-ops.ts";
import * as twin from "../../../src/reference/twins.ts";
import { builds, expectClose, Laboratory } from "../laboratory.ts";
import { Block, HEADS, ROWS } from "./one-block.ts";

describe.each(builds)("summaries of attention, %s build", (simd) => {
  const lab = new Laboratory(simd, 1);
  afterEach(() => lab.close());

  it("equal their twin for groups of keys, and leave the results as they are", async () => {
    const block = await Block.create(lab);
    const expected = lab.ops.read(block.forward(lab.ops));
    for (const pool of [1, 5, ROWS]) {
      const cells = Math.ceil(ROWS / pool);
      let calls = 0;
      const read = (name: string, weights: Float32Array, longest: number, summaries: Float32Array) => {
        calls++;
        expect([name, longest]).toEqual(["blocks.0.attention", ROWS]);
        const rowsOf = (values: Float32Array, size: number) =>
          Array.from({ length: values.length / size }, (_, i) => [
            ...values.subarray(i * size, (i + 1) * size),
          ]);
        const wanted = rowsOf(weights, longest).map((row, item) =>
          twin.weightSummary(row, Math.floor(item / HEADS.nHead), pool, cells),
        );
        expectClose(rowsOf(summaries, 2 + cells), wanted, 2e-6);
      };
      const ops = new AttentionSummaryOps(lab.ops, { pool, cells, read });
      expect(lab.ops.read(block.forward(ops))).toEqual(expected);
      expect(calls).toBe(1);
    }
    block.free();
  });
});
