import { describe, expect, it } from "vitest";
import { countParameters } from "../../../src/model/parameters.ts";
import { decoderOfShape, SHAPE_FAMILIES } from "../../../src/train/new-model/model-shape.ts";
import { PRESET_NAMES, PRESETS, usualBatch, usualRate } from "../../../src/train/new-model/presets.ts";

describe("presets", () => {
  it.each(SHAPE_FAMILIES)("grow, as models of the family %s", (family) => {
    const sizes = PRESET_NAMES.map(
      (name) => countParameters(decoderOfShape({ ...PRESETS[name], family })).total,
    );
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  });

  it("are trained with learning rates that fall with their width", () => {
    expect([48, 192, 384, 768].map(usualRate)).toEqual([5e-3, 2.4e-3, 1.2e-3, 6e-4]);
  });

  it("see about as many tokens in a step, whatever their context", () => {
    expect([128, 256, 1024, 8192].map((context) => usualBatch(context))).toEqual([32, 16, 4, 1]);
    expect([128, 256, 1024].map((context) => usualBatch(context, "further"))).toEqual([8, 4, 1]);
  });
});
