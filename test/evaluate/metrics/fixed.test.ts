import { expect, it } from "vitest";
import { fixed } from "../../../src/evaluate/metrics/fixed.ts";

it("rounds halves to even digits, as Python does", () => {
  // Python 3.11: f"{x:.{n}f}"
  expect(fixed(56.25, 1)).toBe("56.2");
  expect(fixed(56.75, 1)).toBe("56.8");
  expect(fixed(0.5, 0)).toBe("0");
  expect(fixed(1.5, 0)).toBe("2");
  expect(fixed(2.5, 0)).toBe("2");
  expect(fixed(0.15, 1)).toBe("0.1"); // the double is below 0.15
  expect(fixed(1.005, 2)).toBe("1.00");
  expect(fixed(0.125, 2)).toBe("0.12");
  expect(fixed(100, 2)).toBe("100.00");
  expect(fixed(-0.125, 2)).toBe("-0.12");
});
