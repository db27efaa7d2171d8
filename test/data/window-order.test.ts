import { describe, expect, it } from "vitest";
import { shuffled, windowLayout, windowStart } from "../../src/data/window-order.ts";

describe("shuffled", () => {
  it.each([1, 2, 3, 4, 5, 16, 17, 100, 1000, 4097])("permutes %i places", (count) => {
    const places = Array.from({ length: count }, (_, index) => shuffled(index, count, [7, 3]));
    expect(new Set(places).size).toBe(count);
    expect(Math.min(...places)).toBe(0);
    expect(Math.max(...places)).toBe(count - 1);
  });

  it("leaves no more places where they were than chance does, and few neighbours", () => {
    const places = Array.from({ length: 10_000 }, (_, index) => shuffled(index, 10_000, [1, 0]));
    expect(places.filter((place, index) => place === index).length).toBeLessThan(10);
    const steps = places.slice(1).filter((place, index) => Math.abs(place - (places[index] ?? 0)) < 100);
    expect(steps.length / places.length).toBeLessThan(0.03); // 0.02 by chance
  });

  it("stays exact for more places than 32 bits count", () => {
    const place = shuffled(2 ** 34 + 5, 2 ** 35, [1, 1]);
    expect(Number.isSafeInteger(place) && place >= 0 && place < 2 ** 35).toBe(true);
  });
});

describe("windowStart", () => {
  it.each([
    [9, 8],
    [16, 8],
    [17, 8],
    [100, 8],
    [1003, 16],
  ])("visits the windows of %i tokens, %i each, once an epoch", (tokens, context) => {
    const layout = windowLayout(tokens, context);
    for (const epoch of [0, 1, 2, 3]) {
      const starts = Array.from({ length: layout.count }, (_, i) =>
        windowStart(layout, 42, epoch * layout.count + i),
      ).sort((a, b) => a - b);
      for (const [index, start] of starts.entries()) expect(start).toBe((starts[0] ?? 0) + index * context);
      expect(starts[0]).toBeGreaterThanOrEqual(0);
      expect((starts.at(-1) ?? 0) + context + 1).toBeLessThanOrEqual(tokens);
      expect(tokens - layout.count * context).toBeLessThanOrEqual(2 * context);
    }
  });

  it("orders every epoch, and every seed, in another way", () => {
    const layout = windowLayout(10_000, 10);
    const order = (seed: number, epoch: number) =>
      Array.from({ length: 50 }, (_, i) => windowStart(layout, seed, epoch * layout.count + i)).join();
    const orders = [order(1, 0), order(1, 1), order(2, 0), order(2, 1)];
    expect(new Set(orders).size).toBe(4);
    expect(order(1, 0)).toBe(orders[0]);
  });

  it("has the first and the last token in a window of some epoch", () => {
    const layout = windowLayout(63, 4);
    const starts = Array.from({ length: 40 * layout.count }, (_, i) => windowStart(layout, 1, i));
    expect([Math.min(...starts), Math.max(...starts)]).toEqual([0, 63 - 4 - 1]);
  });

  it("cuts epochs at different places", () => {
    const layout = windowLayout(10_000, 64);
    const phases = Array.from(
      { length: 50 },
      (_, epoch) => windowStart(layout, 1, epoch * layout.count) % 64,
    );
    expect(new Set(phases).size).toBeGreaterThan(20);
  });
});
