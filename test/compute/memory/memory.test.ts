import { describe, expect, it } from "vitest";
import { Arena } from "../../../src/compute/memory/arena.ts";
import { CAPACITY, Memory } from "../../../src/compute/memory/memory.ts";
import { GptError } from "../../../src/errors.ts";
import { TestRandom } from "../../reference/random.ts";

const PAGE = 65_536;

function errorOf(work: () => void): GptError {
  try {
    work();
  } catch (error) {
    if (error instanceof GptError) return error;
    throw error;
  }
  throw new Error("expected an error");
}

describe("memory", () => {
  it("keeps page 0 for the kernels and aligns blocks to 64 bytes", () => {
    const memory = new Memory();
    const addresses = [1, 64, 65, 0, 7].map((bytes) => memory.allocate(bytes));
    const base = PAGE;
    expect(addresses).toEqual([base, base + 64, base + 128, base + 256, base + 320]);
    expect(memory.allocated).toBe(64 + 64 + 128 + 64 + 64);
  });

  it("grows, and views from before stay valid", () => {
    const memory = new Memory();
    const view = memory.f32(memory.allocate(64), 16).fill(7);
    const size = memory.wasm.buffer.byteLength;
    const large = memory.allocate(40 * PAGE);
    expect(memory.wasm.buffer.byteLength).toBe(size + 40 * PAGE);
    memory.bytes(large, 40 * PAGE).fill(255);
    expect(view.every((value) => value === 7)).toBe(true);
  });

  it("fills the first hole that is large enough", () => {
    const memory = new Memory();
    const [a, , c, , e] = [100, 64, 300, 64, 1000, 64].map((bytes) => memory.allocate(bytes));
    if (a === undefined || c === undefined || e === undefined) throw new Error("blocks are missing");
    for (const address of [a, c, e]) memory.free(address);
    expect(memory.allocate(320)).toBe(c);
    expect(memory.allocate(64)).toBe(a);
    expect(memory.allocate(128)).toBe(e);
    expect(memory.allocate(64)).toBe(a + 64);
  });

  it.each([
    ["in order", [0, 1, 2]],
    ["backwards", [2, 1, 0]],
    ["the middle last", [0, 2, 1]],
    ["the middle first", [1, 0, 2]],
  ])("joins holes that touch, freed %s", (_, order) => {
    const memory = new Memory();
    const blocks = [64, 128, 64, 64].map((bytes) => memory.allocate(bytes));
    for (const i of order) memory.free(blocks[i] ?? 0);
    expect(memory.allocate(257)).toBeGreaterThan(blocks[3] ?? 0);
    expect(memory.allocate(256)).toBe(blocks[0]);
  });

  it("says how much was wanted and how much is left when it is full, and changes nothing", () => {
    const memory = new Memory();
    const block = memory.allocate(1000);
    const size = memory.wasm.buffer.byteLength;
    const { code, message } = errorOf(() => memory.allocate(CAPACITY));
    expect(code).toBe("resource");
    expect(message).toContain(`${CAPACITY} bytes wanted`);
    expect(message).toContain(`${CAPACITY - 1024} of ${CAPACITY} left`);
    expect(memory.allocated).toBe(1024);
    expect(memory.wasm.buffer.byteLength).toBe(size);
    expect(memory.allocate(64)).toBe(block + 1024);
  });

  it("refuses sizes that no address space has", () => {
    for (const bytes of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(errorOf(() => new Memory().allocate(bytes)).code).toBe("resource");
  });

  it("refuses to free a block twice, or an address without a block", () => {
    const memory = new Memory();
    const address = memory.allocate(128);
    expect(() => memory.free(address + 64)).toThrow(`no block at ${address + 64}`);
    memory.free(address);
    expect(() => memory.free(address)).toThrow(`no block at ${address}`);
    expect(memory.allocated).toBe(0);
  });

  it("agrees with a first-fit model over thousands of random steps", () => {
    const memory = new Memory();
    const random = new TestRandom(1);
    const blocks: { begin: number; end: number }[] = [];
    for (let step = 0; step < 4000; step++) {
      if (blocks.length > 0 && random.uniform() < (blocks.length > 60 ? 0.8 : 0.45)) {
        const [freed] = blocks.splice(random.integer(blocks.length), 1);
        memory.free(freed?.begin ?? 0);
      } else {
        const bytes = 1 + random.integer(random.uniform() < 0.1 ? 100_000 : 500);
        const length = Math.ceil(bytes / 64) * 64;
        const begin = firstFit(blocks, length);
        expect(memory.allocate(bytes)).toBe(begin);
        blocks.push({ begin, end: begin + length });
        blocks.sort((a, b) => a.begin - b.begin);
      }
      expect(memory.allocated).toBe(blocks.reduce((sum, { begin, end }) => sum + end - begin, 0));
    }
    for (const { begin } of blocks) memory.free(begin);
    expect(memory.allocated).toBe(0);
    expect(memory.allocate(64)).toBe(PAGE);
  });
});

/** The lowest address with so much room, among blocks in the order of their addresses. */
function firstFit(
  blocks: readonly { readonly begin: number; readonly end: number }[],
  length: number,
): number {
  let address = PAGE;
  for (const { begin, end } of blocks) {
    if (begin - address >= length) break;
    address = end;
  }
  return address;
}

describe("a arena", () => {
  it("frees its blocks together, and no others", () => {
    const memory = new Memory();
    const other = memory.allocate(64);
    const arena = new Arena(memory);
    const [first] = [100, 200, 300].map((bytes) => arena.allocate(bytes));
    arena.free(first ?? 0);
    expect(memory.allocated).toBe(64 + 256 + 320);
    arena.freeAll();
    expect(memory.allocated).toBe(64);
    arena.freeAll();
    memory.free(other);
    expect(memory.allocated).toBe(0);
  });
});
