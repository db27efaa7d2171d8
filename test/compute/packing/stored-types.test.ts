import { describe, expect, it } from "vitest";
import { bytesOfType } from "../../../src/checkpoint/gguf/ggml-types.ts";
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
    expect(["F64", "Q1_0", "q8_0", "toString", ""].some(isStored)).toBe(false);
  });

  it("are kept in a form that holds all parts of a matrix", () => {
    expect(layoutOf("F16")).toBe("f16");
    expect(layoutOf("F16", "BF16")).toBe("f32");
    expect(layoutOf("BF16", "BF16")).toBe("bf16");
    expect(layoutOf("BF16", "F32")).toBe("f32");
    expect(layoutOf("Q8_0", "Q8_0")).toBe("q8_0");
    expect(layoutOf("Q8_0", "Q5_0")).toBe("mixed");
    expect(layoutOf("Q4_K", "Q4_K", "Q6_K")).toBe("mixed");
    expect(layoutOf("Q4_K", "F16")).toBe("f32");
  });
});

/** Types with a layout of their own. */
const ownSize = (Object.keys(BLOCK_TYPES) as BlockDtype[]).filter(
  (type) => BLOCK_TYPES[type].layout === type.toLowerCase(),
);

describe("quantized layouts", () => {
  it.each(ownSize)("take at most 1.03 times the bytes of %s", (type) => {
    const share = matrixBytes(64, 1024, BLOCK_TYPES[type].layout) / storedBytes(type, 64 * 1024);
    expect(share).toBeGreaterThanOrEqual(1);
    expect(share).toBeLessThanOrEqual(1.03);
  });

  it("take whole panels of 8 outputs", () => {
    expect(matrixBytes(9, 64, "q8_0")).toBe(2 * storedBytes("Q8_0", 8 * 64));
    expect(matrixBytes(9, 64, "f32")).toBe(16 * 64 * 4);
  });
});
