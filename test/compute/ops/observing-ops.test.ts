import { afterEach, describe, expect, it } from "vitest";
import { createBatch } from "../../../src/compute/batch.ts";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import { type Observer, ObservingOps } from "../../../src/compute/ops/observing-ops.ts";
import type { Tensor } from "../../../src/compute/tensor.ts";
import { TestRandom } from "../../reference/random.ts";
import { attentionLayer, builds, Laboratory } from "../laboratory.ts";
import { Block, ROWS } from "./one-block.ts";

/** An observer that keeps copies of the results it wants and replaces those that have a replacement. */
class Notes implements Observer {
  readonly seen = new Map<string, { shape: readonly number[]; values: Float32Array }>();
  readonly #wanted: (name: string) => boolean;
  readonly #replace: (name: string, values: Float32Array) => Float32Array | undefined;

  constructor(
    wanted: (name: string) => boolean,
    replace: (name: string, values: Float32Array) => Float32Array | undefined = () => undefined,
  ) {
    this.#wanted = wanted;
    this.#replace = replace;
  }

  wants(name: string): boolean {
    return this.#wanted(name);
  }

  see(name: string, shape: readonly number[], values: Float32Array): Float32Array | undefined {
    this.seen.set(name, { shape, values: values.slice() });
    return this.#replace(name, values);
  }
}

describe.each(builds)("observed operations, %s build", (simd) => {
  const lab = new Laboratory(simd, 1);
  let block: Block | undefined;
  afterEach(() => {
    block?.free();
    block = undefined;
    lab.close();
  });
  const setUp = async () => {
    block = await Block.create(lab);
    return block;
  };

  it("give the same bits whether all results are wanted or none, and show nothing that is not wanted", async () => {
    const block = await setUp();
    const expected = lab.ops.read(block.forward(lab.ops));
    const blind = new Notes(() => false);
    expect(lab.ops.read(block.forward(new ObservingOps(lab.ops, blind)))).toEqual(expected);
    expect(blind.seen.size).toBe(0);
    const all = new Notes(() => true);
    expect(lab.ops.read(block.forward(new ObservingOps(lab.ops, all)))).toEqual(expected);
    expect(all.seen.get("blocks.0.mlp.sum")?.values).toEqual(expected);
    const results = [...all.seen].filter(([name]) => !name.endsWith(".input"));
    expect(all.seen.get("blocks.0.mlp.down.input")).toEqual(all.seen.get("blocks.0.mlp.active"));
    expect(results.map(([name, { shape }]) => [name, ...shape])).toEqual([
      ["token_embedding", ROWS, 12],
      ["blocks.0.attention_norm", ROWS, 12],
      ["blocks.0.attention.qkv", ROWS, 20],
      ["blocks.0.attention.heads", ROWS, 20],
      ["blocks.0.attention.weights", ROWS, 3, ROWS],
      ["blocks.0.attention.mixed", ROWS, 12],
      ["blocks.0.attention.output", ROWS, 12],
      ["blocks.0.attention.sum", ROWS, 12],
      ["blocks.0.mlp.up", ROWS, 24],
      ["blocks.0.mlp.active", ROWS, 24],
      ["blocks.0.mlp.down", ROWS, 12],
      ["blocks.0.mlp.sum", ROWS, 12],
    ]);
  });

  it("under a tape give the same results and gradients, with dropout of the observed weights", async () => {
    const block = await setUp();
    const expected = await block.differentiate((ops) => ops);
    const all = new Notes(() => true);
    expect(await block.differentiate((ops) => new ObservingOps(ops, all))).toEqual(expected);
    expect(all.seen.has("blocks.0.attention.weights")).toBe(true);
    expect(expected.slice(1).every((gradient) => gradient.some((value) => value !== 0))).toBe(true);
  });

  it("go on with a replacement: what comes before stays, what follows changes", async () => {
    const block = await setUp();
    const plain = new Notes(() => true);
    block.forward(new ObservingOps(lab.ops, plain));
    const ablated = new Notes(
      () => true,
      (name, values) => (name === "blocks.0.mlp.active" ? values.fill(0) : undefined),
    );
    const out = lab.ops.read(block.forward(new ObservingOps(lab.ops, ablated)));
    for (const name of ["blocks.0.attention.sum", "blocks.0.mlp.up"]) {
      expect(ablated.seen.get(name)).toEqual(plain.seen.get(name));
    }
    expect(ablated.seen.get("blocks.0.mlp.down")?.values.every((value) => value === 0)).toBe(true);
    expect(out).toEqual(plain.seen.get("blocks.0.attention.sum")?.values);
  });

  it("sum the values by replaced attention weights", async () => {
    const block = await setUp();
    const first = new Notes(
      () => true,
      (name, values) => (name.endsWith("weights") ? values.map((_, i) => Number(i % ROWS === 0)) : undefined),
    );
    block.forward(new ObservingOps(lab.ops, first));
    const heads = first.seen.get("blocks.0.attention.heads")?.values ?? [];
    const value = heads.slice(16, 20); // of position 0
    const mixed = first.seen.get("blocks.0.attention.mixed")?.values ?? [];
    expect([...mixed]).toEqual(Array.from({ length: ROWS * 3 }, () => [...value]).flat());
  });

  it("refuse a replacement of another length", async () => {
    const block = await setUp();
    const short = new Notes(
      (name) => name === "blocks.0.mlp.up",
      (_, values) => values.subarray(1),
    );
    expect(() => block.forward(new ObservingOps(lab.ops, short))).toThrow("blocks.0.mlp.up: 888 values");
  });

  it.each([
    { nHead: 4, nKvHead: 2, headDim: 16, dtype: "f32" },
    { nHead: 2, nKvHead: 1, headDim: 7, dtype: "f32" },
    { nHead: 4, nKvHead: 2, headDim: 32, dtype: "q8_0" },
  ] as const)(
    "attend with the same bits when the weights are seen: $headDim dimensions of $dtype",
    (heads) => {
      const { dtype } = heads;
      const layer = attentionLayer(heads);
      const cache = new KvCache(
        lab.runtime.memory,
        { layers: [heads], types: { keys: dtype, values: dtype } },
        71,
      );
      cache.grow(71);
      const width = (heads.nHead + 2 * heads.nKvHead) * heads.headDim;
      const qkv = lab.tensor(new TestRandom(6).matrix(71, width));
      const batch = createBatch(lab.runtime, [{ cache, start: 0, ids: Array(71).fill(0) }]);
      lab.ops.storeKeysValues(qkv, layer, batch);
      let seen = new Float32Array();
      const see = (weights: Tensor) => {
        seen = lab.ops.read(weights) as Float32Array<ArrayBuffer>;
      };
      const out = lab.ops.attention(qkv, layer, batch, undefined, { see });
      expect(lab.read(out)).toEqual(lab.read(lab.ops.attention(qkv, layer, batch)));
      for (let item = 0; item < 71 * heads.nHead; item++) {
        const [row, own] = [Math.floor(item / heads.nHead), seen.subarray(item * 71, (item + 1) * 71)];
        expect(own.reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 5);
        expect(own.subarray(row + 1).every((weight) => weight === 0)).toBe(true);
      }
      cache.free();
    },
  );
});
