import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open.ts";
import { kvCacheBytes } from "../../../src/compute/memory/kv-shape.ts";
import { kvShapeOf } from "../../../src/engine/kv-types.ts";
import { parseModel } from "../../../src/families/parse.ts";
import { planBanks } from "../../../src/weights/banks/plan.ts";
import { memoryDtype } from "../../../src/weights/dtype.ts";
import { sessionsThatFit, weightBytes } from "../../../src/weights/memory-plan.ts";
import { planWeights, type WeightsPlan } from "../../../src/weights/plan.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { gpt2Xl, writeZeroGpt2 } from "../../fixtures/zero-gpt2.ts";

const file = temporaryFolder();
const GB = 2 ** 30;
const CONTEXT = 1024;

/** Sets the memory of the machine in bytes. */
function machine(total: number): void {
  vi.spyOn(os, "totalmem").mockReturnValue(total);
  vi.spyOn(process, "constrainedMemory").mockReturnValue(0);
  syncBuiltinESMExports();
}
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

describe("the banks of GPT-2 XL in F32, of 6.2 GB", () => {
  let weights: WeightsPlan;
  let cacheBytes: number;
  const plan = (room?: (bank: number) => number) => {
    const { config } = weights.description;
    return planBanks({ config, contextSize: CONTEXT, kvShape: kvShapeOf(config) }, weights, room);
  };
  beforeAll(async () => {
    const checkpoint = await openCheckpoint(writeZeroGpt2(file("xl"), gpt2Xl));
    weights = await planWeights(checkpoint, await parseModel(checkpoint), memoryDtype());
    cacheBytes = kvCacheBytes(kvShapeOf(weights.description.config), CONTEXT);
  });

  it("hold all layers in order, all bytes, and about as much each", () => {
    machine(16 * GB);
    const { banks, bankOf, split } = plan();
    expect(banks.map(({ number }) => number)).toEqual([0, 1, 2]);
    let next = 0;
    for (const { firstLayer, layers } of banks) {
      expect(firstLayer).toBe(next);
      next += layers;
    }
    expect(next).toBe(48);
    const sum = (sizes: readonly number[]) => sizes.reduce((all, size) => all + size, 0);
    expect(sum(banks.map(({ weightBytes }) => weightBytes))).toBe(
      weightBytes(weights.weights, weights.dtypeOf),
    );
    expect(sum(banks.map(({ cacheBytes }) => cacheBytes))).toBe(cacheBytes);
    const filled = banks.map(({ weightBytes, cacheBytes }) => weightBytes + cacheBytes);
    expect(Math.max(...filled) - Math.min(...filled)).toBeLessThan(200e6); // a layer has 125 MB
    expect(Math.max(...filled)).toBeLessThan(0.75 * 4 * GB);
    expect(bankOf.get("blocks.0.mlp.up.weight")).toBe(0);
    expect(bankOf.get("blocks.47.mlp.up.weight")).toBe(2);
    expect(split.size).toBe(0);
  });

  it("are one that has room for everything, whatever its number", () => {
    machine(16 * GB);
    const { banks } = plan((bank) => (bank === 0 ? GB : 8 * GB));
    expect(banks).toMatchObject([{ number: 1, firstLayer: 0, layers: 48 }]);
  });

  it("are not those that other models fill by half", () => {
    machine(16 * GB);
    const { banks } = plan((bank) => (bank === 1 ? 1.9 * GB : 4 * GB));
    expect(banks.map(({ number }) => number)).toEqual([0, 2, 3]);
  });

  it("have rows of the embedding each, if it is larger than a bank", () => {
    machine(16 * GB);
    const { banks, split } = plan(() => 0.38 * GB); // of which 322 MB are the embedding
    const parts = split.get("token_embedding.weight") ?? [];
    expect(parts.map(({ bank }) => bank)).toEqual([0, 1]);
    expect(parts.map(({ first }) => first)).toEqual([0, parts[0]?.count]);
    expect((parts[0]?.count ?? 1) % 8).toBe(0);
    expect(parts.reduce((sum, { count }) => sum + count, 0)).toBe(50_257);
    expect(banks[0]).toMatchObject({ layers: 0 });
  });

  it("are none if the machine is too small, or a layer too large", async () => {
    const refusal = (room?: () => number) => rejectionOf(Promise.resolve().then(() => plan(room)));
    machine(6 * GB);
    expect(await refusal()).toMatchObject({
      code: "resource",
      message: expect.stringMatching(/^the model needs 6,\d+ MB \(.*\), 6,\d+ MB are available: choose/),
    });
    machine(16 * GB);
    expect(await refusal(() => 100e6)).toMatchObject({
      code: "resource",
      message: expect.stringMatching(
        /^the model cannot be spread over memories .* 75 MB each, layer 0 needs 137 MB/,
      ),
    });
  });

  it("decide how many sessions fit: the fullest, or the machine", () => {
    machine(16 * GB);
    const banks = plan().banks.map(({ cacheBytes }, i) => ({ number: 900 + i, cacheBytes })); // empty memories
    const most = Math.max(...banks.map(({ cacheBytes }) => cacheBytes));
    expect(sessionsThatFit({ banks })).toBe(Math.floor((4 * GB - 65_536 - (64 << 20)) / most));
    machine(2 * GB);
    expect(sessionsThatFit({ banks })).toBeLessThanOrEqual(Math.floor((2 * GB) / cacheBytes));
  });
});
