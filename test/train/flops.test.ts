import { describe, expect, it } from "vitest";
import { trainingFlops } from "../../src/train/flops.ts";
import { decoderOfShape } from "../../src/train/new-model/model-shape.ts";
import { PRESETS } from "../../src/train/new-model/presets.ts";

describe("trainingFlops", () => {
  it("is six for each weight of a product, and the attention's", () => {
    const config = decoderOfShape({ ...PRESETS.gpt2, family: "gpt2" });
    const positions = 1024 * 768;
    expect(trainingFlops(config)).toBe(6 * (124_439_808 - positions) + 6 * 12 * 1024 * 768);
  });
});
