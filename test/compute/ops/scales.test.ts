import { afterEach, describe, expect, it } from "vitest";
import { BLOCK_TYPES, storedBytes } from "../../../src/compute/packing/stored-types.ts";
import { randomBlocks } from "../../../src/reference/random-blocks.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, Laboratory } from "../laboratory.ts";

describe.each(builds)("scales of quantized weights, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  it.each([
    ["Q8_0", 0],
    ["Q4_0", 0],
    ["Q4_1", 2],
    ["Q5_0", 0],
    ["Q5_1", 0],
    ["IQ4_NL", 0],
    ["IQ4_XS", 0],
    ["Q2_K", 82],
    ["Q3_K", 108],
    ["Q4_K", 0],
    ["Q5_K", 2],
    ["Q6_K", 208],
  ] as const)("a scale of %s that is not finite makes no number", async (type, place) => {
    const [outputs, inputs] = [11, 512];
    const row = storedBytes(type, inputs);
    for (const half of [0x7c00, 0xfc00, 0x7e00, 0xffff]) {
      const stored = randomBlocks(new TestRandom(12), type, outputs * inputs);
      new DataView(stored.buffer, stored.byteOffset).setUint16(9 * row + row / 2 + place, half, true);
      const weight = lab.packing.matrix(outputs, inputs, BLOCK_TYPES[type].layout);
      const chunk = { dtype: type, transposed: false, firstOutput: 0, outputs, firstInput: 0, inputs };
      await lab.packing.pack(weight, chunk, (staging) => staging.set(stored));
      for (const rows of [1, 5]) {
        const x = lab.tensor(new TestRandom(13).matrix(rows, inputs));
        for (const out of lab.read(lab.ops.linear(x, { weight }))) {
          expect(out.flatMap((y, n) => (Number.isFinite(y) ? [] : n))).toEqual([9]);
        }
      }
    }
  });
});
