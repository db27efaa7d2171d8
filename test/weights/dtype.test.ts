import { describe, expect, it } from "vitest";
import type { WeightSpec } from "../../src/model/weight-spec.ts";
import { memoryDtype, memoryType, type Quantization } from "../../src/weights/dtype.ts";
import type { ResolvedWeight } from "../../src/weights/resolve.ts";

/** A matrix of as many parts as dtypes. */
function matrix(...dtypes: readonly string[]): ResolvedWeight {
  const parts = dtypes.map((dtype) => ({
    source: { tensor: "t", layout: "linear" as const },
    stored: { name: "t", file: "f", dtype, shape: [8, 256], offset: 0, byteLength: 0 },
    outputs: 8,
  }));
  const spec: WeightSpec = {
    name: "blocks.0.attention.qkv.weight",
    module: "blocks.*.attention.qkv",
    layer: 0,
    part: "attention",
    kind: "linear",
    shape: [8 * parts.length, 256],
    parts: parts.map(({ outputs }) => outputs),
    intoResidual: false,
  };
  return { spec, parts };
}

describe("the type that a weight is kept as", () => {
  it.each<[stored: string[], wish: Quantization | undefined, type: string]>([
    [["F32"], undefined, "F32"],
    [["F16"], undefined, "F16"],
    [["BF16"], undefined, "BF16"],
    [["Q4_K"], undefined, "Q4_K"],
    [["Q5_0"], undefined, "Q5_0"],
    [["Q4_K", "Q4_K", "Q6_K"], undefined, "Q4_K+Q6_K"],
    [["Q4_K", "F16"], undefined, "F32"],
    [["F16"], "q8_0", "Q8_0"],
    [["Q4_K", "Q4_K", "Q6_K"], "q8_0", "Q8_0"],
    [["BF16"], "q4_0", "Q4_0"],
    [["Q6_K"], "f32", "F32"],
    [["BF16"], "nf4", "NF4"],
    [["Q8_0"], "nf4", "NF4"],
    [["IQ2_XXS"], undefined, "IQ2_XXS in 8 bits"],
    [["Q3_K"], undefined, "Q3_K"],
    [["IQ4_XS"], undefined, "IQ4_XS"],
  ])("of %j, asked for as %s, is %s", (stored, wish, type) => {
    const weight = matrix(...stored);
    expect(memoryType(weight, memoryDtype(wish)(weight))).toBe(type);
  });
});
