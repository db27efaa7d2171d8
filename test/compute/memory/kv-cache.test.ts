import { describe, expect, it, vi } from "vitest";
import { BLOCK_POSITIONS } from "../../../src/compute/kernels/table.ts";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import { kvCacheBytes, layerBytes } from "../../../src/compute/memory/kv-shape.ts";
import { Memory } from "../../../src/compute/memory/memory.ts";
import { GptError } from "../../../src/errors.ts";

/** Heads of 10 dimensions: values are padded to 12. */
const heads = { nKvHead: 2, headDim: 10 };
const shape = { layers: [heads, heads, heads] };
const blockBytes = 3 * layerBytes(heads);
const tableOf = ({ tables }: KvCache): number => tables[0] as number;

describe("the key/value cache", () => {
  it("has room for keys and padded values", () => {
    expect(layerBytes(heads)).toBe(2 * 32 * (10 + 12) * 4);
    expect(layerBytes({ ...heads, types: { keys: "f32", values: "f16" } })).toBe(2 * 32 * (10 * 4 + 12 * 2));
    const types = { keys: "q8_0", values: "q4_0" } as const;
    expect(layerBytes({ nKvHead: 3, headDim: 64, valueDim: 32, types })).toBe(3 * 32 * (2 * 34 + 18));
    expect(kvCacheBytes(shape, 64)).toBe(2 * blockBytes);
    expect(kvCacheBytes(shape, 65)).toBe(3 * blockBytes);
  });

  it("adds up layers of different heads, one after the other", () => {
    const types = { keys: "f16", values: "f32" } as const;
    const wide = { nKvHead: 1, headDim: 64 };
    const mixed = { layers: [heads, wide, heads], types };
    const narrowBytes = layerBytes({ ...heads, types });
    const wideBytes = layerBytes({ ...wide, types });
    const { offsets } = new KvCache(new Memory(), mixed, 32).places;
    expect(offsets).toEqual([0, narrowBytes, narrowBytes + wideBytes]);
    expect(kvCacheBytes(mixed, 33)).toBe(2 * (2 * narrowBytes + wideBytes));
  });

  it("takes memory only for the positions it holds", () => {
    const memory = new Memory();
    const cache = new KvCache(memory, shape, 100_000);
    const table = memory.allocated;
    expect(table).toBeLessThan(100_000);
    for (const [length, blocks] of [
      [1, 1],
      [32, 1],
      [33, 2],
      [64, 2],
      [200, 7],
    ] as const) {
      cache.grow(length);
      expect(cache.length).toBe(length);
      expect(memory.allocated - table).toBe(blocks * blockBytes);
    }
  });

  it("names its blocks in the table, in the order of the positions", () => {
    const memory = new Memory();
    const cache = new KvCache(memory, shape, 100);
    cache.grow(97);
    const blocks = [...memory.u32(tableOf(cache), 4)];
    expect(new Set(blocks).size).toBe(4);
    for (const block of blocks) expect(block % 64).toBe(0);
    cache.grow(100);
    expect([...memory.u32(tableOf(cache), 4)]).toEqual(blocks);
  });

  it("frees the blocks that a truncation leaves empty", () => {
    const memory = new Memory();
    const cache = new KvCache(memory, shape, 200);
    const table = memory.allocated;
    cache.grow(200);
    const blocks = [...memory.u32(tableOf(cache), 7)];
    const blocksLeft = (length: number) => {
      cache.truncate(length);
      expect(cache.length).toBe(length);
      return (memory.allocated - table) / blockBytes;
    };
    expect(blocksLeft(199)).toBe(7);
    expect(blocksLeft(192)).toBe(6);
    expect(blocksLeft(65)).toBe(3);
    expect([...memory.u32(tableOf(cache), 3)]).toEqual(blocks.slice(0, 3));
    expect(blocksLeft(64)).toBe(2);
    expect(blocksLeft(0)).toBe(0);
  });

  it("does not grow by a truncation", () => {
    const cache = new KvCache(new Memory(), shape, 200);
    cache.grow(40);
    cache.truncate(100);
    expect(cache.length).toBe(40);
  });

  it("keeps the contents of the remaining blocks", () => {
    const memory = new Memory();
    const cache = new KvCache(memory, shape, 200);
    cache.grow(200);
    const blocks = [...memory.u32(tableOf(cache), 7)];
    for (const [i, block] of blocks.entries()) memory.bytes(block, blockBytes).fill(i + 1);
    cache.truncate(64);
    const other = new KvCache(memory, shape, 200);
    other.grow(200);
    for (const block of memory.u32(tableOf(other), 7)) memory.bytes(block, blockBytes).fill(99);
    for (const i of [0, 1])
      expect(memory.bytes(blocks[i] ?? 0, blockBytes).every((byte) => byte === i + 1)).toBe(true);
  });

  it("can be cut back to where it was when memory runs out on the way", () => {
    const memory = new Memory();
    const cache = new KvCache(memory, shape, 10 * BLOCK_POSITIONS);
    cache.grow(BLOCK_POSITIONS);
    const { allocated } = memory;
    const full = new GptError("resource", "out of memory");
    const allocate = memory.allocate.bind(memory);
    vi.spyOn(memory, "allocate")
      .mockImplementationOnce(allocate)
      .mockImplementationOnce(() => {
        throw full;
      });
    expect(() => cache.grow(10 * BLOCK_POSITIONS)).toThrow(full);
    cache.truncate(BLOCK_POSITIONS);
    expect(cache.length).toBe(BLOCK_POSITIONS);
    expect(memory.allocated).toBe(allocated);
  });

  describe("that was forked", () => {
    const blocksOf = (memory: Memory, cache: KvCache) =>
      Array.from(memory.u32(tableOf(cache), Math.ceil(cache.length / BLOCK_POSITIONS)));

    function forked(length: number) {
      const memory = new Memory();
      const cache = new KvCache(memory, shape, 200);
      cache.grow(length);
      for (const [i, block] of blocksOf(memory, cache).entries()) {
        memory.bytes(block, blockBytes).fill(i + 1);
      }
      const before = memory.allocated;
      const fork = cache.fork();
      const table = memory.allocated - before;
      const blocks = () => (memory.allocated - 2 * table) / blockBytes;
      return { memory, cache, fork, blocks };
    }

    it("shares all blocks until one of the two grows", () => {
      const { memory, cache, fork, blocks } = forked(70);
      expect(fork).toMatchObject({ length: 70, capacity: 200, shape });
      expect(blocksOf(memory, fork)).toEqual(blocksOf(memory, cache));
      expect(tableOf(fork)).not.toBe(tableOf(cache));
      expect(blocks()).toBe(3);
    });

    it.each(["cache", "fork"] as const)("copies the block that the %s begins to write into", (name) => {
      const { memory, blocks, ...both } = forked(70);
      const before = blocksOf(memory, both[name]);
      both[name].grow(71);
      const after = blocksOf(memory, both[name]);
      expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
      expect(after[2]).not.toBe(before[2]);
      expect(memory.bytes(after[2] ?? 0, blockBytes).every((byte) => byte === 3)).toBe(true);
      expect(blocks()).toBe(4);
      both.cache.grow(96);
      both.fork.grow(96);
      expect(blocks()).toBe(4);
    });

    it("copies nothing where whole blocks are shared, and new ones follow", () => {
      const { memory, cache, fork, blocks } = forked(64);
      cache.grow(65);
      fork.grow(65);
      expect(blocks()).toBe(4);
      expect(blocksOf(memory, fork).slice(0, 2)).toEqual(blocksOf(memory, cache).slice(0, 2));
    });

    it("copies a whole block that it was cut into before it writes there", () => {
      const { memory, cache, fork, blocks } = forked(96);
      const [first, second] = blocksOf(memory, cache);
      fork.truncate(40);
      expect(blocks()).toBe(3);
      fork.grow(41);
      expect(blocks()).toBe(4);
      expect(blocksOf(memory, fork)[0]).toBe(first);
      expect(blocksOf(memory, fork)[1]).not.toBe(second);
      expect(blocksOf(memory, cache)[1]).toBe(second);
    });

    it("frees a block with the last cache that holds it", () => {
      const { memory, cache, fork, blocks } = forked(96);
      cache.truncate(0);
      expect(blocks()).toBe(3);
      fork.truncate(64);
      expect(blocks()).toBe(2);
      const third = fork.fork();
      cache.free();
      fork.free();
      expect(third.length).toBe(64);
      const [first] = blocksOf(memory, third);
      third.truncate(10);
      third.grow(20);
      expect(blocksOf(memory, third)).toEqual([first]);
      third.free();
      expect(memory.allocated).toBe(0);
    });
  });

  it("frees everything", () => {
    const memory = new Memory();
    const cache = new KvCache(memory, shape, 200);
    cache.grow(150);
    cache.free();
    expect(memory.allocated).toBe(0);
    expect(cache.length).toBe(0);
  });
});
