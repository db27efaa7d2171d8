import { describe, expect, it } from "vitest";
import { exp } from "../../src/generate/exp.ts";
import { TestRandom } from "../reference/random.ts";

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
