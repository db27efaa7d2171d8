import { describe, expect, it } from "vitest";
import { bytesOfType } from "../../../src/checkpoint/ggml-types.ts";
import {
  blockBytes,
  QUANTIZED_LAYOUTS,
  type QuantizedDtype,
} from "../../../src/compute/packing/quantized-layouts.ts";
import {
  BLOCK_TYPES,
  type BlockDtype,
  isStored,
  layoutOf,
  storedBytes,
} from "../../../src/compute/packing/stored-types.ts";
import { matrixBytes } from "../../../src/compute/tensor.ts";

describe("stored types", () => {
  it.each([...(Object.keys(BLOCK_TYPES) as BlockDtype[]), "F32", "F16", "BF16"] as const)(
    "%s has the size that it has in files",
    (type) => {
      expect(storedBytes(type, 1024)).toBe(bytesOfType(type, 1024));
    },
  );

  it("are known by their own names only", () => {
    expect(["F32", "Q4_K"].every(isStored)).toBe(true);
    expect(["F64", "Q1_0", "q8", "toString", ""].some(isStored)).toBe(false);
  });

  it("are kept in a form that holds all parts of a matrix", () => {
    expect(layoutOf("F16")).toBe("f32");
    expect(layoutOf("BF16", "BF16")).toBe("bf16");
    expect(layoutOf("BF16", "F32")).toBe("f32");
    expect(layoutOf("Q8_0", "Q5_0")).toBe("q8");
    expect(layoutOf("Q4_K", "Q4_K", "Q6_K")).toBe("q8x16m");
    expect(layoutOf("Q4_K", "F16")).toBe("f32");
  });
});

describe("quantized forms", () => {
  it("take their bits, and the bits of a scale and a min for each block", () => {
    const bits = (form: QuantizedDtype) => blockBytes(form) / QUANTIZED_LAYOUTS[form].block;
    expect(bits("q8")).toBe(9);
    expect(bits("q8m")).toBe(10);
    expect(bits("q8x16")).toBe(10);
    expect(bits("q8x16m")).toBe(12);
    expect(bits("q4")).toBe(5);
    expect(bits("q4m")).toBe(6);
  });

  it("take whole panels of 8 outputs", () => {
    expect(matrixBytes(9, 64, "q8")).toBe((16 * 64 * 9) / 8);
    expect(matrixBytes(9, 64, "f32")).toBe(16 * 64 * 4);
  });
});
