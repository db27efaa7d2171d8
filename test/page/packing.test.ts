import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pack, unpack } from "../../src/page/packing.ts";

describe("packing", () => {
  it("gives back floats within 1/131068 of their range, ids and everything else exactly", () => {
    const floats = fc.float32Array({
      noDefaultInfinity: true,
      noNaN: true,
      max: 1e6,
      min: -1e6,
      maxLength: 50,
    });
    const record = fc.record({
      floats,
      ids: fc.int32Array({ maxLength: 20 }),
      text: fc.string(),
      list: fc.array(fc.nat()),
    });
    fc.assert(
      fc.property(record, (given) => {
        const found = unpack<typeof given>(pack(given));
        expect(found.ids).toEqual(given.ids);
        expect(found.text).toBe(given.text);
        expect(found.list).toEqual(given.list);
        const range = Math.max(...given.floats, 0) - Math.min(...given.floats, 0);
        for (const [i, value] of given.floats.entries()) {
          expect(Math.abs((found.floats[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(
            range / 131_000 + Math.abs(value) * 1e-6,
          );
        }
      }),
    );
  });

  it("keeps NaN, which stands for no number", () => {
    const { values } = unpack<{ values: Float32Array }>(pack({ values: Float32Array.of(1, Number.NaN, 3) }));
    expect(Array.from(values)).toEqual([1, Number.NaN, 3]);
  });

  it("takes two bytes a float", () => {
    expect(pack({ values: new Float32Array(1000) }).bytes.byteLength).toBe(2000);
  });
});
