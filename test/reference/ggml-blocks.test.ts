import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import type { BlockDtype } from "../../src/compute/packing/stored-types.ts";
import { elementsOf, value } from "../../src/reference/ggml-blocks.ts";
import { randomBlocks } from "../../src/reference/random-blocks.ts";
import { TestRandom } from "./random.ts";

/**
 * The beginning of the SHA-256 of what dequantize_row_* of llama.cpp (node-llama-cpp 3.21.1) makes of the
 * blocks below, -0 written as 0.
 */
const DIGESTS: Readonly<Record<BlockDtype, string>> = {
  Q4_0: "0001c2d7ed968716",
  Q4_1: "8a2e7fd4f43de684",
  Q5_0: "4b94899bcd4e8b6d",
  Q5_1: "14f2b82a01a89dae",
  Q8_0: "4812f5023a8f731f",
  Q4_K: "ce3b2206900b7b5c",
  Q5_K: "0b75ca26546da36b",
  Q6_K: "beb3be52c465130e",
  MXFP4: "8b05d00f2f461f91",
  IQ4_NL: "0396feeae55c41ab",
  IQ4_XS: "d3b6ab198e5e9e73",
  Q3_K: "c6df8a2aab22e3bf",
  Q2_K: "4c1b3e8b0fea47f0",
  IQ3_S: "24fd12b6b067e876",
  IQ3_XXS: "4e4e9d62d0e0099f",
  IQ2_S: "d1d7a253f2bb7a4e",
  IQ2_XS: "4311c14f193c2dcd",
  IQ2_XXS: "38693e0a01519c56",
  IQ1_M: "3aa61fe64df67e6c",
  IQ1_S: "7a27e1e70f6dbcf2",
  TQ1_0: "b13225cb43835104",
  TQ2_0: "ede648812e348091",
};

it.each(Object.entries(DIGESTS) as [BlockDtype, string][])(
  "%s is read to the last bit of ggml",
  (type, digest) => {
    const values = Float32Array.from(
      elementsOf(type, randomBlocks(new TestRandom(1), type, 65536)),
      (own) => value(own) + 0,
    );
    expect(createHash("sha256").update(values).digest("hex").slice(0, 16)).toBe(digest);
  },
);
