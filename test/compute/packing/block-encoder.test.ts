import { createHash } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { elementsOf, value } from "../../../src/reference/ggml-blocks.ts";
import { encodedSigned, encodedWithMin } from "../../reference/encoders.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, Laboratory } from "../laboratory.ts";

const [COUNT, INPUTS] = [37, 512];

/** Rows of different sizes, with outliers, zeros, constants, of one sign, tiny, and with a part of zeros. */
function rowsToEncode(random: TestRandom): Float32Array {
  const rows = new Float32Array(COUNT * INPUTS);
  for (let i = 0; i < rows.length; i++) {
    const bell = random.uniform() + random.uniform() + random.uniform() - 1.5;
    rows[i] = bell * (i % 97 === 0 ? 5 : 1) * 2 ** -(Math.floor(i / INPUTS) % 8);
  }
  const row = (i: number) => rows.subarray(i * INPUTS, (i + 1) * INPUTS);
  row(5).fill(0);
  row(6).fill(0.25);
  row(7).fill(-0.25);
  row(8).set(row(8).map(Math.abs));
  row(9).set(row(9).map((v) => -Math.abs(v)));
  row(10).set(row(10).map((v) => v * 1e-6));
  row(11).fill(0, 32, 64);
  return rows;
}

/**
 * The beginning of the SHA-256 of what ggml_quantize_chunk of llama.cpp (node-llama-cpp 3.21.1) makes of the
 * rows, without importances and with them.
 */
const DIGESTS = {
  Q2_K: ["ec2422f0ffd47aa9", "49d90d23f82b227e"],
  Q3_K: ["eb6d56b2b3931292", "4cc6270af1fb21b6"],
  Q4_K: ["d75c83a1d02b0ecf", "9df80d1fd2ea273a"],
  Q5_K: ["82e3c1848b0645c4", "dee6a7e98dfa2920"],
  Q6_K: ["5adc77f954967a41", "abf5c204f28590b6"],
  IQ4_NL: ["0e1f3e739f952698", "7aaddace8cf3eebd"],
  IQ4_XS: ["ddcc3ddd0c1f5b4a", "997a30c36e59de65"],
  Q4_0: ["8a40f024af25d8c5", "635f3603a33ddf56"],
  Q4_1: ["08131e5a09be8b92", "0371f3e49b7a4714"],
  Q5_0: ["a7ef227f8126708c", "17db4812a751467c"],
  Q5_1: ["36ce451b0c4c7142", "809b5ff62d765aaf"],
  MXFP4: ["eefa0569b6763baf", "eefa0569b6763baf"],
} as const;

describe.each(builds)("rows encoded by the %s build", (simd) => {
  const lab = new Laboratory(simd, 2);
  const alone = new Laboratory(simd, 1);
  afterAll(() => {
    lab.close();
    alone.close();
  });
  const random = new TestRandom(3);
  const rows = rowsToEncode(random);
  const importance = Float32Array.from({ length: INPUTS }, () => random.uniform() ** 4 * 3 + 1e-3);
  const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

  it.each(["Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"] as const)("as %s are those of the twin", async (type) => {
    const plainly = elementsOf(type, await lab.packing.encode(type, rows, INPUTS));
    const weighted = elementsOf(type, await lab.packing.encode(type, rows, INPUTS, importance));
    for (const first of [0, 256, 5 * INPUTS, 8 * INPUTS + 256, 9 * INPUTS, 11 * INPUTS, 36 * INPUTS + 256]) {
      const x = [...rows.subarray(first, first + 256)];
      const own = [...importance.subarray(first % INPUTS, (first % INPUTS) + 256)];
      const twin = (weights?: number[]) =>
        type === "Q3_K" || type === "Q6_K"
          ? encodedSigned(type, x, weights)
          : encodedWithMin(type, x, weights);
      expect(plainly.slice(first, first + 256).map(value)).toEqual(twin().map(value));
      expect(weighted.slice(first, first + 256).map(value)).toEqual(twin(own).map(value));
    }
  });

  it.each(Object.keys(DIGESTS) as (keyof typeof DIGESTS)[])("as %s have the bytes of ggml", async (type) => {
    const plainly = await lab.packing.encode(type, rows, INPUTS);
    const weighted = await lab.packing.encode(type, rows, INPUTS, importance);
    expect([digest(plainly), digest(weighted)]).toEqual(DIGESTS[type]);
    for (const count of [1, 2, 3, 6]) {
      const some = await alone.packing.encode(type, rows.subarray(0, count * INPUTS), INPUTS);
      expect(some).toEqual(plainly.subarray(0, some.length));
    }
  });
});
