import { afterEach, expect, it, vi } from "vitest";
import { chooseProducts } from "../../../src/compute/kernels/products.ts";
import { BLOCK_TYPES, storedBytes } from "../../../src/compute/packing/stored-types.ts";
import { Runtime } from "../../../src/compute/runtime.ts";
import { randomBlocks } from "../../../src/reference/random-blocks.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, Laboratory } from "../laboratory.ts";

afterEach(() => vi.unstubAllEnvs());

const computing = (sum: number) => ({ probeDots: () => sum });

it("pairs are chosen where a dot product is made of saturating pairs, dots where it is one instruction", () => {
  expect(chooseProducts("relaxed", computing(2 * 32_767))).toBe("pairs");
  expect(chooseProducts("relaxed", computing(4 * 255 * 127))).toBe("dots"); // AVX-VNNI
  expect(chooseProducts("relaxed", computing(-4 * 127))).toBe("dots"); // ARM
  expect(chooseProducts("plain", computing(0))).toBe("words");
});

it("GPT_PRODUCTS chooses for benchmarks", () => {
  for (const products of ["pairs", "dots"] as const) {
    vi.stubEnv("GPT_PRODUCTS", products);
    expect(chooseProducts("relaxed", computing(0))).toBe(products);
  }
  vi.stubEnv("GPT_PRODUCTS", "words");
  const wrong = () => chooseProducts("relaxed", computing(0));
  expect(wrong).toThrow('GPT_PRODUCTS: expected pairs or dots, found "words"');
});

it.runIf(builds.includes("relaxed"))("the relaxed build finds the products of this processor", () => {
  expect(["pairs", "dots"]).toContain(Runtime.get("relaxed").products);
});

/** Where the integers of a block are, and a byte that makes all of them as large as possible. */
const LARGEST = {
  Q4_0: [2, 18, 0xff],
  Q4_1: [4, 20, 0xff],
  Q5_0: [2, 22, 0xff],
  Q5_1: [4, 24, 0xff],
  MXFP4: [1, 17, 0x77],
  Q4_K: [16, 144, 0xff],
  Q5_K: [16, 176, 0xff],
  Q6_K: [0, 192, 0xff],
} as const;

it.runIf(builds.includes("relaxed")).each(Object.keys(LARGEST) as (keyof typeof LARGEST)[])(
  "the largest integers of %s have the same products in pairs and dots",
  async (type) => {
    const lab = new Laboratory("relaxed", 1);
    const [outputs, inputs] = [8, 256];
    const stored = randomBlocks(new TestRandom(1), type, outputs * inputs);
    const [first, end, byte] = LARGEST[type];
    const { bytes, layout } = BLOCK_TYPES[type];
    for (let block = 0; block < stored.length; block += bytes) stored.fill(byte, block + first, block + end);
    expect(stored).toHaveLength(storedBytes(type, outputs * inputs));
    const weight = lab.packing.matrix(outputs, inputs, layout);
    const place = { transposed: false, firstOutput: 0, outputs, firstInput: 0, inputs };
    await lab.packing.pack(weight, { dtype: type, ...place }, (staging) => staging.set(stored));
    for (const x of [1, -1]) {
      const rows = lab.tensor(Array(4).fill(Array(inputs).fill(x)));
      const [pairs, dots] = (["pairs", "dots"] as const).map((products) => {
        lab.runtime.products = products;
        return lab.read(lab.ops.linear(rows, { weight }));
      });
      expect(pairs).toEqual(dots);
    }
    lab.close();
  },
);
