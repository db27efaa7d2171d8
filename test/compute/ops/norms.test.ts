import { afterEach, describe, it } from "vitest";
import * as twin from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, expectClose, Laboratory, sizes } from "../laboratory.ts";

describe.each(builds)("norms, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  it("layerNorm and rmsNorm equal their twins", async () => {
    const random = new TestRandom(4);
    for (const width of sizes.filter((n) => n > 1)) {
      const x = random.matrix(5, width).map((row) => row.map((v) => 3 * v + 1));
      const [weight, bias] = [random.vector(width), random.vector(width)];
      const [w, b] = [await lab.vector(weight), await lab.vector(bias)];
      expectClose(
        lab.read(lab.ops.normalize(lab.tensor(x), { weight: w, bias: b, epsilon: 1e-5 })),
        twin.layerNorm(x, weight, bias, 1e-5),
        3e-6,
      );
      expectClose(
        lab.read(lab.ops.normalize(lab.tensor(x), { weight: w, epsilon: 1e-6 })),
        twin.rmsNorm(x, weight, 1e-6),
        2e-6,
      );
    }
  });

  it("rmsNormHeads normalises some heads of each row where they lie", async () => {
    const random = new TestRandom(5);
    const [headDim, heads] = [6, 5];
    const x = random.matrix(4, heads * headDim);
    const weight = random.vector(headDim);
    const tensor = lab.tensor(x);
    lab.ops.normalizeHeads(tensor, { weight: await lab.vector(weight), epsilon: 1e-6 }, 1, 3);
    const expected = x.map((row) =>
      Array.from({ length: heads }, (_, h) => row.slice(h * headDim, (h + 1) * headDim)).flatMap((head, h) =>
        h >= 1 && h < 4 ? (twin.rmsNorm([head], weight, 1e-6)[0] ?? []) : head,
      ),
    );
    expectClose(lab.read(tensor), expected, 2e-6);
  });

  it("norms of heads may have weights and biases for each head", async () => {
    const random = new TestRandom(6);
    for (const width of [4, 7, 12]) {
      const x = random.matrix(3, 5 * width);
      const [weights, biases] = [random.matrix(3, width), random.matrix(3, width)];
      const rows = async (values: number[][]) => ({
        ...(await lab.vector(values.flat())),
        shape: [3, width],
      });
      for (const centred of [true, false]) {
        const tensor = lab.tensor(x);
        const norm = { weight: await rows(weights), epsilon: 1e-5 };
        lab.ops.normalizeHeads(tensor, centred ? { ...norm, bias: await rows(biases) } : norm, 1, 3);
        const expected = x.map((row) =>
          [0, 1, 2, 3, 4].flatMap((h) => {
            const head = row.slice(h * width, (h + 1) * width);
            const [weight, bias] = [weights[h - 1], biases[h - 1]];
            if (!weight || !bias) return head;
            const normed = centred
              ? twin.layerNorm([head], weight, bias, 1e-5)
              : twin.rmsNorm([head], weight, 1e-5);
            return normed[0] ?? [];
          }),
        );
        expectClose(lab.read(tensor), expected, 3e-6);
      }
    }
  });
});
