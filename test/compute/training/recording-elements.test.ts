import { afterEach, describe, expect, it } from "vitest";
import type { Matrix } from "../../../src/compute/tensor.ts";
import { matmul, multiply } from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { Laboratory } from "../laboratory.ts";
import { differences, tapeGradients } from "./tape-gradients.ts";

let lab = new Laboratory("plain", 1);
afterEach(() => {
  lab.close();
  lab = new Laboratory("plain", 1);
});

describe("gradients on the tape equal finite differences", () => {
  it.each([0, 2])("of products with columns from number %i on", async (first) => {
    const random = new TestRandom(1);
    const input = random.matrix(3, 4);
    const weights = [random.matrix(5, 4), random.matrix(first + 5 + 1, 4)];
    const [w = [], v = []] = weights;
    const found = await tapeGradients(lab, weights, (ops, [a, b]) => {
      const x = lab.tensor(input);
      return ops.multiply(
        ops.linear(x, { weight: a as Matrix }),
        ops.linear(x, { weight: b as Matrix }),
        first,
      );
    });
    const expected = differences([w, v], ([w = [], v = []]) =>
      multiply(matmul(input, w), matmul(input, v), first),
    );
    expect(
      Math.max(...expected.flat(2).map((value, i) => Math.abs(value - (found.flat(2)[i] ?? 0)))),
    ).toBeLessThan(1e-3);
  });
});
