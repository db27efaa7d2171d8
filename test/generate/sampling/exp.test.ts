import { describe, expect, it } from "vitest";
import { exp, log } from "../../../src/generate/sampling/exp.ts";
import { TestRandom } from "../../reference/random.ts";

describe("exp", () => {
  it("is within 4e-16 of Math.exp, relatively", () => {
    const random = new TestRandom(5);
    let worst = 0;
    for (let i = 0; i < 200_000; i++) {
      const x = -random.uniform() * (i % 2 === 0 ? 1 : 708);
      worst = Math.max(worst, Math.abs(exp(x) / Math.exp(x) - 1));
    }
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(4e-16);
  });

  it("is exact where it can be", () => {
    expect(exp(0)).toBe(1);
    expect(exp(-0)).toBe(1);
    expect(exp(-708.1)).toBe(0);
    expect(exp(-Infinity)).toBe(0);
  });

  it("gives these bits on every machine", () => {
    const bits = (x: number) => new BigUint64Array(new Float64Array([exp(x)]).buffer)[0]?.toString(16);
    expect([-1e-9, -0.1, -0.5, -1, -2.5, -10, -100, -700].map(bits)).toMatchInlineSnapshot(`
      [
        "3fefffffff768fa1",
        "3fecf46d99d52b3a",
        "3fe368b2fc6f960a",
        "3fd78b56362cef38",
        "3fb50385c094f425",
        "3f07cd79b5647c9a",
        "36ea8c1f14e2af5d",
        "d14f2b0fb9307f",
      ]
    `);
  });

  it("never increases as x falls", () => {
    const values = Array.from({ length: 80_000 }, (_, i) => exp(-i / 4096));
    expect(values.every((value, i) => i === 0 || value <= (values[i - 1] ?? 0))).toBe(true);
  });
});

describe("log", () => {
  it("is within 5e-16 of Math.log, relatively", () => {
    const random = new TestRandom(6);
    let worst = 0;
    for (let i = 0; i < 200_000; i++) {
      const x = 1 + random.uniform() * (i % 2 === 0 ? 1 : 200_000);
      worst = Math.max(worst, Math.abs(log(x) / Math.log(x) - 1));
    }
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(5e-16);
  });

  it("is exact where it can be", () => {
    expect(log(1)).toBe(0);
    expect(log(2)).toBe(Math.LN2);
    expect(log(1 + 2 ** -52)).toBe(2 ** -52);
  });

  it("gives these bits on every machine", () => {
    const bits = (x: number) => new BigUint64Array(new Float64Array([log(x)]).buffer)[0]?.toString(16);
    expect([1.0001, 1.5, 3, 10, 1000, 50257, 151936, 1e300].map(bits)).toMatchInlineSnapshot(`
      [
        "3f1a368d0657fcd4",
        "3fd9f323ecbf984c",
        "3ff193ea7aad030b",
        "40026bb1bbb55516",
        "401ba18a998fffa0",
        "4025a659f6bed8c8",
        "4027dcc82aefe0d0",
        "4085963447f87fb5",
      ]
    `);
  });
});
