import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { kvCacheBytes } from "../../src/compute/memory/kv-shape.ts";
import { allocatedInAll } from "../../src/compute/memory/process-memory.ts";
import { kvShapeOf } from "../../src/engine/kv-types.ts";
import { GptError } from "../../src/errors.ts";
import { parseModel } from "../../src/families/parse.ts";
import type { DecoderConfig } from "../../src/model/config.ts";
import { memoryDtype } from "../../src/weights/dtype.ts";
import {
  checkMemory,
  chooseContextSize,
  sessionCacheBytes,
  sessionsThatFit,
  weightBytes,
  weightBytesByDtype,
} from "../../src/weights/memory-plan.ts";
import { type ResolvedWeight, resolveWeights } from "../../src/weights/resolve.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2, llama } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { decoderOf } from "../fixtures/uniform.ts";
import { type Gpt2Sizes, gpt2Large, gpt2Xl, writeZeroGpt2 } from "../fixtures/zero-gpt2.ts";

const file = temporaryFolder();
const GB = 2 ** 30;

interface Plan {
  readonly config: DecoderConfig;
  readonly weights: readonly ResolvedWeight[];
}

async function plan(directory: string): Promise<Plan> {
  const checkpoint = await openCheckpoint(directory);
  const description = await parseModel(checkpoint);
  return { config: description.config, weights: resolveWeights(checkpoint, description) };
}

function check({ config, weights }: Plan, contextSize = config.nPositions, allocated = 0): string {
  try {
    const dtypeOf = memoryDtype();
    checkMemory({ config, contextSize, kvShape: kvShapeOf(config) }, { weights, dtypeOf }, allocated);
    return "fits";
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    expect(error.code).toBe("resource");
    return error.message;
  }
}

/** Sets the memory of the machine in bytes. */
function machine(total: number, limit = 0): void {
  vi.spyOn(os, "totalmem").mockReturnValue(total);
  vi.spyOn(process, "constrainedMemory").mockReturnValue(limit);
  syncBuiltinESMExports();
}
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

describe("the memory plan", () => {
  let large: Plan;
  let xl: Plan;
  beforeAll(async () => {
    const zero = (name: string, sizes: Gpt2Sizes) => plan(writeZeroGpt2(file(name), sizes));
    [large, xl] = [await zero("large", gpt2Large), await zero("xl", gpt2Xl)];
  });

  beforeEach(() => machine(16 * GB));

  it("counts the packed weights: 774 million in F32, rows padded to eights", () => {
    const bytes = weightBytes(large.weights, memoryDtype());
    expect(bytes / 4 / 774e6).toBeCloseTo(1, 2);
    const padding = 7 * gpt2Large.n_embd; // 50257 rows of the embedding become 50264
    expect(bytes).toBe(4 * (774_030_080 + padding));
  });

  it("counts matrices of 16 bits at half the size, where outputs fill pairs of panels", async () => {
    const even = { ...llama, vocabSize: 96, headDim: 16, nInner: 96 };
    const bytes = async (dtype: "F32" | "F16" | "BF16") => {
      writeRandomDirectory(file("llama"), even, { dtype });
      return weightBytes((await plan(file("llama"))).weights, memoryDtype());
    };
    const norms = 4 * 64 * (2 * llama.nLayer + 1); // vectors stay in F32, rows padded from 60 to 64
    expect(await bytes("F16")).toBe(await bytes("BF16"));
    expect(2 * ((await bytes("BF16")) - norms)).toBe((await bytes("F32")) - norms);
  });

  it("counts blocks, and what stays F32 beside them", () => {
    const bytes = weightBytes(large.weights, memoryDtype("q8_0"));
    const { n_embd: width, n_layer: layers } = gpt2Large;
    const inMatrices = 12 * layers * width * width + 50_264 * width;
    const vectors = 4 * (layers * 13 * width + 2 * width);
    expect(bytes).toBe((inMatrices / 32) * 34 + 4 * 1024 * width + vectors);
    expect(weightBytesByDtype(large.weights, memoryDtype("q8_0")).map(({ dtype }) => dtype)).toEqual([
      "Q8_0",
      "F32",
    ]);
  });

  it("lets the 774-million GPT-2 in, with its whole context", () => {
    expect(check(large)).toBe("fits");
  });

  it("refuses what is beyond 4 GiB, with both numbers", () => {
    const message = check(xl);
    const weights = Math.ceil(weightBytes(xl.weights, memoryDtype()) / 1e6);
    expect(weights).toBeGreaterThan(6200);
    expect(message).toContain(`weights ${weights.toLocaleString("en")} MB`);
    expect(message).toContain("4,295 MB are available");
    expect(message).toContain("choose a smaller model");
  });

  it("counts what other models have taken", () => {
    expect(check(large, 1024, GB)).toMatch(/3,222 MB are available: choose a smaller context/);
    expect(check(large, 16, GB)).toBe("fits");
    expect(check(large, 16, 2 * GB)).toContain("choose a smaller model");
  });

  it("knows the machine's memory, and a limit that is set on the process", () => {
    machine(2 * GB);
    expect(check(large)).toContain("2,148 MB are available");
    machine(16 * GB, 3 * GB);
    expect(check(large)).toContain("3,222 MB are available");
    machine(2 * GB, 2 ** 64); // how cgroups say that there is no limit
    expect(check(large)).toContain("2,148 MB are available");
    machine(16 * GB, 2 ** 64);
    expect(check(large)).toBe("fits");
  });

  it("counts the context, and says when a smaller one would fit", async () => {
    writeRandomDirectory(file("gpt2"), gpt2);
    const small = await plan(file("gpt2"));
    machine(GB);
    const positions = 2_000_000;
    const cache = Math.ceil(kvCacheBytes(kvShapeOf(decoderOf(gpt2)), positions) / 1e6).toLocaleString("en");
    const message = check(small, positions);
    expect(message).toContain(`context of ${positions} ${cache} MB`);
    expect(message).toContain("choose a smaller context");
    expect(check(small, 10_000)).toBe("fits");
  });
});

describe("the caches of an encoder-decoder", () => {
  it("are those of its text, and of the text that it reads", async () => {
    const config = { model_type: "bart", vocab_size: 50, d_model: 32, encoder_layers: 1, decoder_layers: 3 };
    const heads = { encoder_attention_heads: 2, decoder_attention_heads: 4, max_position_embeddings: 64 };
    const { config: bart } = await parseModel({
      format: "huggingface",
      path: "models/bart",
      config: { ...config, ...heads },
      generationConfig: {},
      tensors: new Map(),
    });
    const sizes = { config: bart, contextSize: 64, kvShape: kvShapeOf(bart) };
    expect(sessionCacheBytes(sizes)).toBe(2 * 3 * 64 * 2 * 32 * 4);
  });
});

describe("the number of sessions that fit", () => {
  const kvShape = kvShapeOf(decoderOf(llama));
  const fitting = (contextSize: number, banks = [0]) =>
    sessionsThatFit({
      banks: banks.map((number) => ({ number, cacheBytes: kvCacheBytes(kvShape, contextSize) })),
    });

  it("is that of whole contexts, and at least one", () => {
    const spare = allocatedInAll() + (80 << 20); // more than activations take
    machine(spare + 3 * kvCacheBytes(kvShape, 4096) + kvCacheBytes(kvShape, 1024));
    expect(fitting(4096)).toBeGreaterThanOrEqual(3);
    expect(fitting(1024)).toBeGreaterThanOrEqual(3 * 4 + 1);
    const [few, many] = [fitting(4096), fitting(1024)];
    expect(many / few).toBeGreaterThan(3);
    machine(1 << 20);
    expect(fitting(4096)).toBe(1);
  });
});

describe("the context size", () => {
  it.each([
    [undefined, 1024, 1024],
    [undefined, 131_072, 4096],
    [1, 1024, 1],
    [1024, 1024, 1024],
    [131_072, 131_072, 131_072],
  ])("asked for %s of a model of %i is %i", (wish, nPositions, expected) => {
    expect(chooseContextSize({ ...decoderOf(gpt2), nPositions }, wish)).toBe(expected);
  });

  it.each([0, -1, 1025, 1.5, Number.NaN])("%d is refused", (wish) => {
    const choose = () => chooseContextSize({ ...decoderOf(gpt2), nPositions: 1024 }, wish);
    expect(choose).toThrow(GptError);
    expect(choose).toThrow(`contextSize ${wish}: this model takes a whole number from 1 to 1024`);
  });
});
