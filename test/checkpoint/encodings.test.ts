import { describe, expect, it } from "vitest";
import { areFinite, encode } from "../../src/checkpoint/encodings.ts";
import { toBfloat16, toHalf } from "../../src/checkpoint/half.ts";
import { toBfloat16 as plainBfloat16, toHalf as plainHalf } from "../fixtures/tensors.ts";
import { TestRandom } from "../reference/random.ts";

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);
const fromBits = (bits: number): number => {
  word[0] = bits;
  return float[0] as number;
};

/** A half-precision float as a number. */
function ofHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

describe("numbers of 16 bits", () => {
  it("are halves again what they were", () => {
    const all = Array.from({ length: 0x10000 }, (_, bits) => bits);
    expect(all.filter((bits) => !Number.isNaN(ofHalf(bits)) && toHalf(ofHalf(bits)) !== bits)).toEqual([]);
    expect(ofHalf(toHalf(Number.NaN))).toBeNaN();
  });

  it("are the nearest halves, ties to even, of what lies between two", () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 0x7c00; bits++) {
      const high = bits === 0x7bff ? 65536 : ofHalf(bits + 1);
      const middle = (ofHalf(bits) + high) / 2;
      float[0] = middle;
      const middleBits = word[0] as number;
      const [below, above] = [fromBits(middleBits - 1), fromBits(middleBits + 1)];
      const even = bits % 2 === 0 ? bits : bits + 1;
      const found = [toHalf(middle), toHalf(below), toHalf(above), toHalf(-middle)];
      if (String(found) !== String([even, bits, bits + 1, 0x8000 | even])) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
    expect(toHalf(1e10)).toBe(0x7c00);
  });

  it("agree with the plain rounding on numbers of every size", () => {
    const random = new TestRandom(1);
    const values = Array.from({ length: 20_000 }, () => fromBits(Math.floor(random.uniform() * 2 ** 32)));
    const numbers = values.filter((value) => !Number.isNaN(value));
    expect(numbers.map(toHalf)).toEqual(numbers.map(plainHalf));
    expect(numbers.map(toBfloat16)).toEqual(numbers.map(plainBfloat16));
    expect(fromBits(toBfloat16(Number.NaN) << 16)).toBeNaN();
    expect(toBfloat16(3.4e38)).toBe(0x7f80);
  });
});

describe("blocks of 32", () => {
  const ramp = Float32Array.from({ length: 32 }, (_, i) => i - 16);

  it("Q8_0: the largest magnitude is 127, halves go away from zero", () => {
    const values = new Float32Array(32);
    values.set([127, -127, 0.5, -0.5, 1.5, -1.5, 0.49, 2.4]);
    const bytes = encode("Q8_0", values);
    expect(bytes.length).toBe(34);
    expect([...bytes.subarray(0, 2)]).toEqual([0x00, 0x3c]);
    expect([...new Int8Array(bytes.buffer, 2, 8)]).toEqual([127, -127, 1, -1, 2, -2, 0, 2]);
  });

  it("Q4_0: the value of the largest magnitude is the lowest of 16 steps, the second half lies in the high nibbles", () => {
    const bytes = encode("Q4_0", ramp);
    expect(bytes.length).toBe(18);
    const scale = ofHalf((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8));
    expect(scale).toBe(2);
    const nibbles = [...bytes.subarray(2)].map((byte) => [byte & 15, byte >> 4]);
    expect(nibbles[0]).toEqual([0, 8]);
    expect(nibbles.map(([low = 0]) => low)).toEqual([0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8]);
    expect(nibbles.map(([, high = 0]) => high)).toEqual([
      8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15, 15,
    ]);
  });

  it("keep each value within half a step, whatever its sign and size", () => {
    const random = new TestRandom(2);
    const values = Float32Array.from(
      { length: 32 * 200 },
      (_, i) => (random.uniform() - 0.5) * 10 ** ((i >> 5) % 4),
    );
    const q8 = new DataView(encode("Q8_0", values).buffer);
    const q4 = new DataView(encode("Q4_0", values).buffer);
    for (const [i, value] of values.entries()) {
      const [block, at] = [i >> 5, i & 31];
      const scale8 = ofHalf(q8.getUint16(34 * block, true));
      expect(Math.abs(scale8 * q8.getInt8(34 * block + 2 + at) - value)).toBeLessThan(scale8 * 0.57);
      const scale4 = ofHalf(q4.getUint16(18 * block, true));
      const byte = q4.getUint8(18 * block + 2 + (at & 15));
      const nibble = at < 16 ? byte & 15 : byte >> 4;
      expect(Math.abs(scale4 * (nibble - 8) - value)).toBeLessThan(Math.abs(scale4) * 1.01);
    }
  });

  it("are zeros where all values are", () => {
    expect([...encode("Q8_0", new Float32Array(64))]).toEqual(new Array(68).fill(0));
    expect([...encode("Q4_0", new Float32Array(32))]).toEqual([0, 0x80, ...new Array(16).fill(0x88)]); // -0, as ggml
  });
});

it.each(["F32", "F16", "BF16", "Q8_0", "Q4_0"] as const)("what is no number stays none as %s", (type) => {
  for (const [at, odd] of [
    [0, Number.NaN],
    [40, Number.NaN],
    [63, Number.POSITIVE_INFINITY],
  ] as const) {
    const values = Float32Array.from({ length: 64 }, (_, i) => i - 32);
    expect(areFinite(type, encode(type, values))).toBe(true);
    values[at] = odd;
    expect(areFinite(type, encode(type, values))).toBe(false);
  }
  const large = new Float32Array(32).fill(1e20);
  expect(areFinite(type, encode(type, large))).toBe(type === "F32" || type === "BF16");
});
