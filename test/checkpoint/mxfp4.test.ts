import { expect, it } from "vitest";
import type { StoredTensor } from "../../src/checkpoint/checkpoint.ts";
import { interleaveMxfp4, joinMxfp4, MXFP4_BYTES } from "../../src/checkpoint/mxfp4.ts";
import { elementsOf, value } from "../../src/reference/ggml-blocks.ts";
import { TestRandom } from "../reference/random.ts";

const tensor = (name: string, shape: readonly number[], dtype = "U8"): StoredTensor => {
  const byteLength = shape.reduce((product, size) => product * size, 1);
  return { name, dtype, shape, file: "model.safetensors", offset: 64, byteLength };
};

const mapOf = (...tensors: readonly StoredTensor[]) => new Map(tensors.map((own) => [own.name, own]));

it("joins numbers and scales that are stored apart", () => {
  const joined = joinMxfp4(
    mapOf(tensor("w_blocks", [4, 6, 2, 16]), tensor("w_scales", [4, 6, 2]), tensor("b", [3])),
  );
  expect([...joined.keys()]).toEqual(["b", "w"]);
  expect(joined.get("w")).toMatchObject({
    dtype: "MXFP4",
    shape: [4, 6, 64],
    offset: 0,
    byteLength: 48 * MXFP4_BYTES,
  });
});

it.each([
  [tensor("w_blocks", [4, 6, 2, 16]), tensor("w_scales", [4, 6, 3])],
  [tensor("w_blocks", [4, 6, 2, 8]), tensor("w_scales", [4, 6, 2])],
  [tensor("w_blocks", [4, 6, 2, 16]), tensor("w_scales", [4, 6, 2], "F32")],
])("refuses scales that do not fit their blocks", (blocks, scales) => {
  expect(() => joinMxfp4(mapOf(blocks, scales))).toThrow('tensor "w_scales" is');
});

it("the numbers of a block are stored two by two, the first in the lower bits", () => {
  const random = new TestRandom(1);
  const numbers = Uint8Array.from({ length: 48 }, () => random.integer(256));
  const scales = Uint8Array.from([127, 0, 130]);
  const joined = new Uint8Array(3 * MXFP4_BYTES);
  interleaveMxfp4(joined, numbers, scales);
  const magnitudes = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
  const expected = [...numbers].flatMap((byte, i) =>
    [byte & 15, byte >> 4].map((bits) => {
      const magnitude = magnitudes[bits & 7] ?? Number.NaN;
      return (bits > 7 ? 0 - magnitude : magnitude) * 2 ** ((scales[i >> 4] ?? 0) - 127);
    }),
  );
  expect(elementsOf("MXFP4", joined).map(value)).toEqual(expected);
});
