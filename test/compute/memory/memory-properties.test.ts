import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { CAPACITY, Memory } from "../../../src/compute/memory/memory.ts";
import { Scratch } from "../../../src/compute/memory/scratch.ts";
import { attempt, FaultyMemory } from "./faults.ts";

/** A block that was handed out, filled with a number of its own. */
interface Held {
  readonly address: number;
  readonly bytes: number;
  readonly stamp: number;
}

const fill = (memory: Memory, { address, bytes, stamp }: Held): void => {
  memory.bytes(address, bytes).fill(stamp);
};

/** Whether every block still holds its own number: blocks that overlap do not. */
function expectIntact(memory: Memory, held: readonly Held[]): void {
  for (const { address, bytes, stamp } of held) {
    const wrong = memory.bytes(address, bytes).findIndex((byte) => byte !== stamp);
    expect(wrong, `block at ${address}`).toBe(-1);
  }
}

const size = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 200_000 }));

describe("the allocator", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("allocate" as const), bytes: size, fails: fc.boolean() }),
    fc.record({ kind: fc.constant("free" as const), which: fc.nat() }),
  );

  it("hands out blocks that do not overlap, counts them, and is as before after growth that the system refused", () => {
    const memory = new Memory();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const held: Held[] = [];
        for (const [i, step] of steps.entries()) {
          const before = memory.allocated;
          if (step.kind === "free") {
            const [freed] = held.splice(step.which % Math.max(1, held.length), 1);
            if (freed) memory.free(freed.address);
          } else {
            const refusal = vi.spyOn(memory.wasm, "grow");
            if (step.fails) refusal.mockImplementation(refuse);
            const address = attempt(() => memory.allocate(step.bytes));
            refusal.mockRestore();
            if (address === undefined) expect(memory.allocated).toBe(before);
            else {
              const own = { address, bytes: step.bytes, stamp: (i % 255) + 1 };
              expect(address % 64).toBe(0);
              fill(memory, own);
              held.push(own);
            }
          }
          const total = held.reduce((sum, { bytes }) => sum + Math.ceil(bytes / 64) * 64, 0);
          expect(memory.allocated).toBe(total);
        }
        expectIntact(memory, held);
        for (const { address } of held) memory.free(address);
        expect(memory.allocated).toBe(0);
      }),
    );
    // All holes have joined again.
    vi.spyOn(memory.wasm, "grow").mockReturnValue(0);
    expect(memory.allocate(CAPACITY)).toBe(65_536);
    vi.restoreAllMocks();
  });
});

const refuse = () => {
  throw new RangeError("WebAssembly.Memory.grow(): Unable to grow instance memory");
};

describe("scratch memory", () => {
  const MB = 1 << 20;
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("allocate" as const), bytes: size }) },
    fc.record({ kind: fc.constant("allocate" as const), bytes: fc.integer({ min: 5 * MB, max: 20 * MB }) }),
    fc.record({ kind: fc.constant("mark" as const) }),
    fc.record({ kind: fc.constant("release" as const) }),
    fc.record({ kind: fc.constant("fail" as const), bytes: fc.integer({ min: 17 * MB, max: 40 * MB }) }),
  );

  it("keeps allocations before a mark, gives the same addresses after a release, and is as before after a fault", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const memory = new FaultyMemory();
        const scratch = new Scratch(memory);
        const held: (Held & { readonly requested: number })[] = [];
        const marks: { mark: ReturnType<Scratch["mark"]>; held: number }[] = [];
        const hold = (bytes: number, i: number) => {
          const address = scratch.allocate(bytes);
          const own = { address, bytes: Math.min(bytes, 300), requested: bytes, stamp: (i % 255) + 1 };
          fill(memory, own);
          held.push(own);
        };
        for (const [i, step] of steps.entries()) {
          if (step.kind === "allocate") hold(step.bytes, i);
          else if (step.kind === "mark") marks.push({ mark: scratch.mark(), held: held.length });
          else if (step.kind === "release") {
            const last = marks.pop();
            if (last) {
              scratch.release(last.mark);
              const [first] = held.splice(last.held);
              if (first) expect(scratch.allocate(first.requested)).toBe(first.address);
              scratch.release(last.mark);
            }
          } else {
            const [before, mark] = [memory.allocated, scratch.mark()];
            memory.failAfter(0);
            if (attempt(() => scratch.allocate(step.bytes)) === undefined) {
              expect([memory.allocated, scratch.mark()]).toEqual([before, mark]);
            } else scratch.release(mark);
            memory.failAfter(Number.POSITIVE_INFINITY);
          }
        }
        expectIntact(memory, held);
        scratch.free();
        expect(memory.allocated).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
