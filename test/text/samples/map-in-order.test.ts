import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { mapInOrder } from "../../../src/text/samples/map-in-order.ts";

async function* counting(to: number) {
  for (let i = 0; i < to; i++) yield i;
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("mapInOrder", () => {
  it("gives results in the order of the items, whichever is there first", async () => {
    const work = async (i: number) => {
      await setTimeout((7 * i) % 5);
      return i * i;
    };
    const squares = Array.from({ length: 20 }, (_, i) => i * i);
    for (const window of [1, 3, 100]) {
      expect(await collected(mapInOrder(counting(20), window, work))).toEqual(squares);
    }
    expect(await collected(mapInOrder(counting(0), 4, work))).toEqual([]);
  });

  it("begins no more than the window, and gives a result while it waits for an item", async () => {
    const begun: number[] = [];
    let release = () => {};
    async function* items() {
      yield* [0, 1, 2, 3];
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      yield 4;
    }
    const results = mapInOrder(items(), 2, async (i) => {
      begun.push(i);
      await setTimeout(1);
      return i;
    });
    expect((await results.next()).value).toBe(0);
    expect(begun).toEqual([0, 1]);
    for (const i of [1, 2, 3]) expect((await results.next()).value).toBe(i);
    const last = results.next();
    await setTimeout(1);
    release();
    expect(await last).toEqual({ value: 4, done: false });
    expect((await results.next()).done).toBe(true);
  });

  it("begins with items while its reader is busy", async () => {
    const begun: number[] = [];
    const results = mapInOrder(counting(5), 4, async (i) => begun.push(i));
    await results.next();
    await setTimeout(1);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it("fails with the first item in order that fails, and only once that is asked for", async () => {
    const results = mapInOrder(counting(4), 4, async (i) => {
      if (i > 0) throw new Error(`failed at ${i}`);
      await setTimeout(2);
      return i;
    });
    expect((await results.next()).value).toBe(0);
    await expect(results.next()).rejects.toThrow("failed at 1");
  });

  it("fails where its items do", async () => {
    async function* items() {
      yield 1;
      throw new Error("no more");
    }
    const forever = mapInOrder(items(), 1, () => new Promise(() => {}));
    const soon = mapInOrder(items(), 1, async (i) => i);
    expect((await soon.next()).value).toBe(1);
    await expect(soon.next()).rejects.toThrow("no more");
    void forever.next();
    await setTimeout(1);
  });
});
