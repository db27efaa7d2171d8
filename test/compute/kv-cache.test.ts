import { describe, expect, it, vi } from "vitest";
import { BLOCK_POSITIONS, KvCache, kvCacheBytes, layerBytes } from "../../src/compute/kv-cache.ts";
import { Memory } from "../../src/compute/memory.ts";
import { GptError } from "../../src/errors.ts";

/** Heads of 10 dimensions: values are padded to 12. */
const shape = { nLayer: 3, nKvHead: 2, headDim: 10 };
const blockBytes = shape.nLayer * layerBytes(shape);

describe("the key/value cache", () => {
  it("has room for keys and padded values", () => {
    expect(layerBytes(shape)).toBe(2 * 32 * (10 + 12) * 4);
    expect(kvCacheBytes(shape, 64)).toBe(2 * blockBytes);
    expect(kvCacheBytes(shape, 65)).toBe(3 * blockBytes);
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
    const blocks = [...memory.u32(cache.table, 4)];
    expect(new Set(blocks).size).toBe(4);
    for (const block of blocks) expect(block % 64).toBe(0);
    cache.grow(100);
    expect([...memory.u32(cache.table, 4)]).toEqual(blocks);
  });

  it("frees the blocks that a truncation leaves empty", () => {
    const memory = new Memory();
    const cache = new KvCache(memory, shape, 200);
    const table = memory.allocated;
    cache.grow(200);
    const blocks = [...memory.u32(cache.table, 7)];
    const blocksLeft = (length: number) => {
      cache.truncate(length);
      expect(cache.length).toBe(length);
      return (memory.allocated - table) / blockBytes;
    };
    expect(blocksLeft(199)).toBe(7);
    expect(blocksLeft(192)).toBe(6);
    expect(blocksLeft(65)).toBe(3);
    expect([...memory.u32(cache.table, 3)]).toEqual(blocks.slice(0, 3));
    expect(blocksLeft(64)).toBe(2);
    expect(blocksLeft(0)).toBe(0);
  });

  it("does not grow by a truncation", () => {
    const cache = new KvCache(new Memory(), shape, 200);
    cache.grow(40);
    cache.truncate(100);
    expect(cache.length).toBe(40);
  });

  it("keeps what the remaining blocks hold", () => {
    const memory = new Memory();
    const cache = new KvCache(memory, shape, 200);
    cache.grow(200);
    const blocks = [...memory.u32(cache.table, 7)];
    for (const [i, block] of blocks.entries()) memory.bytes(block, blockBytes).fill(i + 1);
    cache.truncate(64);
    const other = new KvCache(memory, shape, 200);
    other.grow(200);
    for (const block of memory.u32(other.table, 7)) memory.bytes(block, blockBytes).fill(99);
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

  it("frees everything", () => {
    const memory = new Memory();
    const cache = new KvCache(memory, shape, 200);
    cache.grow(150);
    cache.free();
    expect(memory.allocated).toBe(0);
    expect(cache.length).toBe(0);
  });
});
