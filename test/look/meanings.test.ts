import { describe, expect, it } from "vitest";
import { analogy, embeddingRows, nearest, rowNorms } from "../../src/look/embeddings/embeddings.ts";
import { principalComponents } from "../../src/look/embeddings/principal-components.ts";
import { neuron, strongest } from "../../src/look/neurons.ts";
import { describeWithShared } from "../shared.ts";
import { expectClose, expectedOf, LOOKED_AT, modelOf } from "./golden.ts";

type Pairs = readonly { readonly id: number; readonly value: number }[];

describeWithShared("meanings", () => {
  describe.each(LOOKED_AT.filter((name) => name !== "induction"))("%s", (name) => {
    const { embeddings, neuron: own } = expectedOf(name);

    it("rows, neighbours and analogies", async () => {
      await using model = await modelOf(name);
      if (!embeddings) throw new Error("no embeddings");
      const close = (what: string, found: Pairs, expected: readonly (readonly [number, number])[]) => {
        expect(
          found.map(({ id }) => id),
          what,
        ).toEqual(expected.map(([id]) => id));
        expectClose(
          what,
          found.map(({ value }) => value),
          expected.map(([, value]) => value),
        );
      };
      expectClose("row_norms", (await rowNorms(model)).values, embeddings.row_norms);
      for (const { id, cosine, dot, cosine_centred } of embeddings.neighbours) {
        const row = await embeddingRows(model, [id]);
        close("cosine", await nearest(model, row, { without: [id] }), cosine);
        close("dot", await nearest(model, row, { by: "dot", without: [id] }), dot);
        close("centred", await nearest(model, row, { by: "centred", without: [id] }), cosine_centred);
        const far = await nearest(model, row, { farthest: true, top: 1 });
        expect(far[0]?.value).toBeLessThan(cosine.at(-1)?.[1] ?? 0);
      }
      for (const { a, b, c, raw, unit } of embeddings.analogies) {
        const options = { without: [a, b, c], top: 5 };
        close("raw", await nearest(model, await analogy(model, [a, b, c], false), options), raw);
        close("unit", await nearest(model, await analogy(model, [a, b, c], true), options), unit);
      }
    });

    it("neurons", async () => {
      await using model = await modelOf(name);
      if (!own) {
        const found = neuron(model, [1], { layer: 0, neuron: 0 });
        return await expect(found).rejects.toThrow("layer 0 has experts, whose neurons are not shown");
      }
      const found = await neuron(model, own.ids, own);
      expectClose("activations", found.activations.values, own.activations);
      expect(found.topPositions).toEqual(own.top_positions.map(([position]) => position));
      const pairs = (scored: Pairs) => scored.flatMap(({ id, value }) => [id, value]);
      expectClose("raw top", pairs(found.effects.top), own.effects_raw.top, 1e-6);
      expectClose("raw bottom", pairs(found.effects.bottom), own.effects_raw.bottom, 1e-6);
      expectClose("top", pairs(found.effectsThroughNorm.top), own.effects_through_norm.top, 1e-6);
      expectClose("bottom", pairs(found.effectsThroughNorm.bottom), own.effects_through_norm.bottom, 1e-6);
      const at = found.topPositions[0] as number;
      const [most] = await strongest(model, own.ids, own.layer, at, 1000);
      expect(Math.abs(most?.activation ?? 0)).toBeGreaterThanOrEqual(found.activations.values[at] as number);
      await expect(neuron(model, [1], { layer: 99, neuron: 0 })).rejects.toThrow(
        "layer 99: the model has layers",
      );
      await expect(neuron(model, [1], { layer: 0, neuron: 9999 })).rejects.toThrow(
        "neuron 9999: layer 0 has",
      );
    });
  });
});

describe("principal components", () => {
  it("are the directions of the greatest variance", () => {
    // Points on a plane of 5 dimensions: 3 s (1, 1, 0, 0, 0) + t (0, 0, 1, 0, 0), and a mean.
    const points = Array.from({ length: 40 }, (_, i) => {
      const [s, t] = [Math.sin(i), Math.cos(2.3 * i)];
      return [3 * s + 1, 3 * s + 2, t, 7, -1];
    });
    const values = Float32Array.from(points.flat());
    const { coordinates, explained } = principalComponents({ shape: [40, 5], values });
    expect(coordinates.shape).toEqual([40, 2]);
    expect((explained[0] ?? 0) + (explained[1] ?? 0)).toBeCloseTo(1, 5);
    expect(explained[0]).toBeGreaterThan(0.9);
    const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Math.hypot(...Array.from(a, (value, i) => value - (b[i] as number)));
    const at = (row: number) => coordinates.values.subarray(row * 2, row * 2 + 2);
    expect(distance(at(3), at(20))).toBeCloseTo(distance(points[3] as number[], points[20] as number[]), 4);
  });

  it("of equal points are at zero", () => {
    const { coordinates, explained } = principalComponents({
      shape: [3, 2],
      values: new Float32Array(6).fill(2),
    });
    expect([...coordinates.values, ...explained].every((value) => value === 0)).toBe(true);
  });
});
