import { expect, it } from "vitest";
import { Random } from "../../../src/generate/sampling/random.ts";
import { principalComponents } from "../../../src/look/embeddings/principal-components.ts";
import { umap } from "../../../src/look/embeddings/umap.ts";

/** Vectors around the axes 0 to `groups` - 1. */
function clustered(groups: number, each: number, width: number) {
  const random = new Random(3);
  const values = Float32Array.from({ length: groups * each * width }, (_, i) => {
    const group = Math.floor(i / width / each);
    return 0.1 * random.uniform() + (i % width === group ? 1 : 0);
  });
  return { shape: [groups * each, width], values };
}

it("vectors of a group stay together, and a map is the same each time", () => {
  const vectors = clustered(3, 20, 16);
  const { shape, values } = umap(vectors);
  expect(shape).toEqual([60, 2]);
  expect(umap(vectors).values).toEqual(values);
  expect(umap(vectors, 2).values).not.toEqual(values);
  const distance = (i: number, j: number) =>
    Math.hypot(
      (values[2 * i] as number) - (values[2 * j] as number),
      (values[2 * i + 1] as number) - (values[2 * j + 1] as number),
    );
  for (let i = 0; i < 60; i++) {
    const others = Array.from({ length: 60 }, (_, j) => j).filter((j) => j !== i);
    const nearest = others.reduce((a, b) => (distance(i, a) <= distance(i, b) ? a : b));
    expect(Math.floor(nearest / 20)).toBe(Math.floor(i / 20));
  }
});

it("of few vectors has their principal components", () => {
  const vectors = clustered(3, 1, 4);
  const { coordinates } = principalComponents(vectors);
  const { shape, values } = umap(vectors);
  expect(shape).toEqual(coordinates.shape);
  const factor = (values[0] as number) / (coordinates.values[0] as number);
  for (const [i, value] of values.entries()) {
    expect(value).toBeCloseTo(factor * (coordinates.values[i] as number), 4);
  }
});
