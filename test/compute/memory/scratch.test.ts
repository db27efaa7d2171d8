import { describe, expect, it } from "vitest";
import { Memory } from "../../../src/compute/memory/memory.ts";
import { Scratch } from "../../../src/compute/memory/scratch.ts";
import { GptError } from "../../../src/errors.ts";
import { TestRandom } from "../../reference/random.ts";

const MB = 1 << 20;

describe("scratch memory", () => {
  it("gives the same addresses again after a release", () => {
    const scratch = new Scratch(new Memory());
    const mark = scratch.mark();
    const sizes = [1, 64, 100, 4 * MB, 7];
    const addresses = sizes.map((bytes) => scratch.allocate(bytes));
    scratch.release(mark);
    expect(sizes.map((bytes) => scratch.allocate(bytes))).toEqual(addresses);
  });

  it("aligns to 64 bytes", () => {
    const scratch = new Scratch(new Memory());
    for (const bytes of [1, 63, 64, 65, 4]) expect(scratch.allocate(bytes) % 64).toBe(0);
  });

  it("releases to a mark inside, and marks nest", () => {
    const scratch = new Scratch(new Memory());
    scratch.allocate(100);
    const outer = scratch.mark();
    const first = scratch.allocate(100);
    const inner = scratch.mark();
    const second = scratch.allocate(100);
    scratch.release(inner);
    expect(scratch.allocate(100)).toBe(second);
    scratch.release(outer);
    expect(scratch.allocate(100)).toBe(first);
  });

  it("releases across chunks, and needs no more memory for the same work", () => {
    const memory = new Memory();
    const scratch = new Scratch(memory);
    const work = () => {
      const mark = scratch.mark();
      const addresses = [10 * MB, 10 * MB, 40 * MB, 3 * MB, 5 * MB].map((bytes) => scratch.allocate(bytes));
      scratch.release(mark);
      return addresses;
    };
    const first = work();
    const { allocated } = memory;
    expect(work()).toEqual(first);
    expect(work()).toEqual(first);
    expect(memory.allocated).toBe(allocated);
  });

  it("never hands out memory that is in use", () => {
    const scratch = new Scratch(new Memory());
    const random = new TestRandom(2);
    const stack: { mark: ReturnType<Scratch["mark"]>; blocks: [number, number][] }[] = [];
    for (let step = 0; step < 2000; step++) {
      const choice = random.uniform();
      if (choice < 0.2) stack.push({ mark: scratch.mark(), blocks: [] });
      else if (choice < 0.4) {
        const top = stack.pop();
        if (top) scratch.release(top.mark);
      } else if (stack.length > 0) {
        const bytes = 1 + random.integer(random.uniform() < 0.05 ? 30 * MB : MB);
        const begin = scratch.allocate(bytes);
        const inUse = stack.flatMap(({ blocks }) => blocks);
        expect(inUse.filter(([from, to]) => begin < to && from < begin + bytes)).toEqual([]);
        stack.at(-1)?.blocks.push([begin, begin + bytes]);
      }
    }
  });

  it("gives everything back", () => {
    const memory = new Memory();
    const scratch = new Scratch(memory);
    const mark = scratch.mark();
    for (const bytes of [MB, 20 * MB, 20 * MB]) scratch.allocate(bytes);
    scratch.release(mark);
    scratch.free();
    expect(memory.allocated).toBe(0);
    scratch.allocate(100);
    expect(memory.allocated).toBe(16 * MB);
  });

  it("works on after it has asked for too much", () => {
    const scratch = new Scratch(new Memory());
    const first = scratch.allocate(100);
    const mark = scratch.mark();
    expect(() => scratch.allocate(2 ** 32)).toThrow(GptError);
    scratch.release(mark);
    expect(scratch.allocate(100)).toBe(first + 128);
  });
});
