import { expect, it } from "vitest";
import { normalProbability, normalQuantile } from "../../src/model/normal-distribution.ts";

it.each([
  [0.5, 0],
  [0.8, 0.8416212335729143],
  [0.9, 1.2815515655446004],
  [0.95, 1.6448536269514722],
  [0.999, 3.090232306167813],
  [0.01, -2.3263478740408408],
])("the quantile of %d is %d", (p, x) => {
  expect(normalQuantile(p)).toBeCloseTo(x, 12);
  expect(normalProbability(x)).toBeCloseTo(p, 14);
});
