import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { quantizeModel } from "../../src/convert/quantize.ts";
import { findModel } from "../../src/hub/find-model.ts";
import { gatherFacts } from "../../src/library/facts/model-facts.ts";
import { expectation, kernelsOf, planModel } from "../../src/plan/plan.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";

const file = temporaryFolder();
const embeddedModel = findModel("stories");

const machine = {
  name: "made up",
  cores: 2,
  memoryBytes: 1e9,
  readBytesPerSecond: { one: 10e9, all: 10e9 },
  flopsPerSecond: 1e11,
  jobSeconds: 1e-6,
  shares: {},
};
const lengths = { nPrompt: 64, nGen: 32, contextSize: 256 };
const alone = { machines: 1, stages: 1, threads: 1, sequences: 1 };

describe("a plan", () => {
  it("has the memory that gpt inspect shows", async () => {
    const checkpoint = await openCheckpoint(embeddedModel);
    const { memory } = await gatherFacts(checkpoint);
    const model = await planModel(checkpoint, {});
    const planned = model.memoryOn(machine);
    const loaded = memory.weightsLoaded?.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(planned.weightBytes).toBe(loaded);
    expect(planned.weights.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(loaded);
    expect(planned.cacheBytes).toBe(memory.kvCacheBytes);
    expect(planned.totalBytes).toBe(planned.weightBytes + planned.cacheBytes + planned.workBytes);
    const left = 1e9 - planned.weightBytes - planned.workBytes;
    expect(planned.sequences).toBe(Math.floor(left / planned.cacheBytes));
  });

  it.each(["q8_0", "q4_k_m", "f16"] as const)("of a config as %s is that of the file", async (type) => {
    mkdirSync(file(type));
    cpSync(join(embeddedModel, "config.json"), join(file(type), "config.json"));
    const fromConfig = await planModel(await openCheckpoint(file(type)), { type });
    const path = file(`${type}.gguf`);
    await quantizeModel(embeddedModel, path, type);
    const fromFile = await planModel(await openCheckpoint(path), {});
    expect(fromConfig.memoryOn(machine)).toEqual(fromFile.memoryOn(machine));
    expect(kernelsOf(fromConfig)).toEqual(kernelsOf(fromFile));
  });

  it("expects each further machine to do as much", async () => {
    const { work } = await planModel(await openCheckpoint(embeddedModel), {});
    const one = expectation(work, machine, alone, lengths);
    const four = expectation(work, machine, { ...alone, machines: 4 }, lengths);
    expect(four.generationRate).toBeCloseTo(4 * one.generationRate);
    expect(four.promptRate).toBeCloseTo(4 * one.promptRate);
    expect(one.deepRate).toBeLessThan(one.generationRate);
    expect(one.limit).toBe("weights");
    const eight = expectation(work, machine, { ...alone, sequences: 8 }, lengths);
    expect(eight.generationRate).toBeGreaterThan(one.generationRate);
  });

  it("divides the layers over stages, which as many texts as stages keep busy", async () => {
    const model = await planModel(await openCheckpoint(embeddedModel), {});
    const [whole, half] = [model.memoryOn(machine), model.memoryOn(machine, 2)];
    expect(half.totalBytes).toBe(whole.totalBytes);
    expect(whole.machineBytes).toBe(whole.totalBytes);
    expect(half.machineBytes).toBeLessThan(whole.machineBytes);
    const layered = model.weights.reduce(
      (sum, { spec, bytes }) => sum + (spec.layer === undefined ? 0 : bytes),
      0,
    );
    const less = Math.floor(layered / 2) + Math.floor(whole.cacheBytes / 2);
    expect(half.machineBytes).toBe(whole.machineBytes - less);
    expect(half.sequences).toBeGreaterThan(whole.sequences);
    const one = expectation(model.work, machine, alone, lengths);
    const pair = { ...alone, machines: 2, stages: 2 };
    expect(expectation(model.work, machine, pair, lengths)).toMatchObject({
      generationRate: one.generationRate,
      promptRate: one.promptRate,
    });
    const both = expectation(model.work, machine, { ...pair, sequences: 2 }, lengths);
    expect(both.generationRate).toBeCloseTo(2 * one.generationRate);
    expect(both.promptRate).toBeCloseTo(2 * one.promptRate);
    const copies = expectation(model.work, machine, { ...pair, machines: 6, sequences: 2 }, lengths);
    expect(copies.generationRate).toBeCloseTo(6 * one.generationRate);
    expect(() => model.memoryOn(machine, 99)).toThrow("take fewer stages");
  });

  it("says that a model does not fit", async () => {
    const model = await planModel(await openCheckpoint(embeddedModel), {});
    expect(model.memoryOn({ ...machine, memoryBytes: 1e7 }).sequences).toBe(0);
  });

  it("asks for the type of a config without weights", async () => {
    mkdirSync(file("bare"));
    cpSync(join(embeddedModel, "config.json"), join(file("bare"), "config.json"));
    const path = file("bare");
    expect(await rejectionOf(planModel(await openCheckpoint(path), {}))).toMatchObject({
      code: "usage",
      message: `${path}: holds no weights: say their type, such as --type q4_k_m`,
    });
  });
});

describeWithShared("a plan of an encoder", () => {
  it.each(["t5", "bert-mlm"])("%s is refused", async (name) => {
    const path = shared(`models/golden/${name}`);
    expect(await rejectionOf(planModel(await openCheckpoint(path), {}))).toMatchObject({
      code: "usage",
      message: `${path}: has an encoder: gpt plan is for decoders alone`,
    });
  });
});

describeWithShared("a plan of a mixture of experts", () => {
  it("counts the experts of a row", async () => {
    const checkpoint = await openCheckpoint(shared("models/golden/qwen3_moe"));
    const { work, parameters, activeParameters } = await planModel(checkpoint, {});
    expect(activeParameters).toBeLessThan(parameters);
    expect(work.products.some(({ experts }) => experts !== undefined && experts.active < experts.count)).toBe(
      true,
    );
  });
});
