import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import { kvCacheBytes } from "../../../src/compute/memory/kv-shape.ts";
import { Memory } from "../../../src/compute/memory/memory.ts";
import { mostStates, StateHistory } from "../../../src/compute/memory/state-history.ts";
import { FaultyMemory } from "./faults.ts";

const BYTES = 128;

/** Extends a history in steps until it has `end` positions. */
function grow(history: StateHistory, end: number, step: number): void {
  while (history.position < end) history.extend(Math.min(end, history.position + step));
}

describe("the history of states", () => {
  it("reads the state before a pass and writes the one after it", () => {
    const memory = new Memory();
    const history = new StateHistory(memory, BYTES);
    expect(history.addresses).toEqual([0, 0]);
    history.extend(5);
    const [zero, first] = history.addresses;
    expect(zero).toBe(0);
    history.extend(6);
    const [before, second] = history.addresses;
    expect(before).toBe(first);
    expect(second).not.toBe(first);
  });

  it.each([1, 7, 144, 1000])("keeps few states of a sequence that grows by %i", (step) => {
    const memory = new Memory();
    const history = new StateHistory(memory, BYTES);
    for (const end of [100, 300, 1000, 5000, 20_000]) {
      grow(history, end, step);
      expect(memory.allocated).toBeLessThanOrEqual(mostStates(end) * BYTES);
    }
  });

  it("goes back at most a few times as far as it is asked to", () => {
    for (const distance of [1, 10, 100, 1000, 4000]) {
      const history = new StateHistory(new Memory(), BYTES);
      grow(history, 5000, 1);
      history.truncate(5000 - distance);
      const lost = 5000 - distance - history.position;
      expect(lost).toBeGreaterThanOrEqual(0);
      expect(lost).toBeLessThanOrEqual(Math.max(256, 4 * distance));
    }
  });

  it("goes back to the state before the last pass without loss", () => {
    const history = new StateHistory(new Memory(), BYTES);
    grow(history, 777, 1);
    history.extend(785);
    history.truncate(780);
    expect(history.position).toBe(777);
  });

  it("shares states with its forks, and frees each once", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(4), fc.integer({ min: 1, max: 400 }))), (steps) => {
        const memory = new Memory();
        const histories = [new StateHistory(memory, BYTES)];
        for (const [action, which, amount] of steps) {
          const history = histories[which % histories.length] as StateHistory;
          if (action === 0) history.extend(history.position + amount);
          else if (action === 1) history.truncate(amount);
          else histories.push(history.fork());
        }
        for (const history of histories) history.truncate(0);
        expect(memory.allocated).toBe(0);
      }),
    );
  });
});

describe("a cache with recurrent layers", () => {
  const shape = { layers: [{ stateBytes: 64 }, { nKvHead: 1, headDim: 4 }, { stateBytes: 192 }] };

  it("counts each layer from the start of a state or of a block", () => {
    const { offsets, classes } = new KvCache(new Memory(), shape, 64).places;
    expect(offsets).toEqual([0, 0, 64]);
    expect(classes).toEqual([{ past: Number.POSITIVE_INFINITY, blockBytes: 32 * 8 * 4 }]);
    expect(kvCacheBytes(shape, 64)).toBe(2 * 32 * 8 * 4 + mostStates(64) * 256);
  });

  it("goes back to a position of which it has a state", () => {
    const cache = new KvCache(new Memory(), shape, 64);
    cache.grow(10);
    cache.grow(20);
    cache.truncate(15);
    expect(cache.length).toBe(10);
    cache.truncate(9);
    expect(cache.length).toBe(0);
  });

  it("is as before when there is no memory for a block or a state", () => {
    for (const successes of [0, 1]) {
      const memory = new FaultyMemory();
      const cache = new KvCache(memory, shape, 64);
      const { allocated } = memory;
      memory.failAfter(successes);
      expect(() => cache.grow(3)).toThrow();
      expect(cache.length).toBe(0);
      expect(memory.allocated).toBe(allocated);
    }
  });
});
