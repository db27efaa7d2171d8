import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createBatch } from "../../../src/compute/batch.ts";
import { Kernels } from "../../../src/compute/kernels/kernels.ts";
import { kernels } from "../../../src/compute/kernels/table.ts";
import { Threads } from "../../../src/compute/kernels/threads.ts";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import { Memory } from "../../../src/compute/memory/memory.ts";
import { TestRandom } from "../../reference/random.ts";
import { attentionLayer, builds, Laboratory } from "../laboratory.ts";
import { watchParticipants } from "../participants.ts";

/** A cost at which every job is cut into as many slices as there may be. */
const HEAVY = 2 ** 30;

/**
 * Adds into an accumulator, job after job: a slice that is lost, done twice or given stale arguments shows in
 * the sums.
 */
class Ledger {
  readonly #threads: Threads;
  readonly #totals: Float32Array;
  readonly #expected: number[];
  readonly #address: number;
  readonly #addends: readonly number[];
  #jobs = 0;

  constructor(threads: Threads, memory: Memory, groups: number) {
    const block = (value: number) => {
      const address = memory.allocate(groups * 16);
      memory.f32(address, groups * 4).fill(value);
      return address;
    };
    this.#threads = threads;
    this.#address = block(0);
    this.#totals = memory.f32(this.#address, groups * 4);
    this.#expected = Array(groups).fill(0);
    this.#addends = [0, 1, 2, 3].map(block);
  }

  run(count: number): void {
    const value = this.#jobs++ % 4;
    const groups = 1 + ((this.#jobs * 37) % this.#expected.length);
    const sum = { out: this.#address, a: this.#address, b: this.#addends[value] ?? 0 };
    this.#threads.run(kernels.add, count, groups, HEAVY, sum);
    for (let i = 0; i < groups; i++) this.#expected[i] = (this.#expected[i] ?? 0) + value;
  }

  check(): void {
    const wrong = this.#totals.findIndex((total, i) => total !== this.#expected[i >> 2]);
    expect(wrong, `after ${this.#jobs} jobs, element`).toBe(-1);
  }
}

describe.each(builds)("threads, %s build", (simd) => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const start = () => {
    const memory = new Memory();
    const threads = new Threads(new Kernels(simd, memory.wasm), memory);
    return { threads, memory, ledger: new Ledger(threads, memory, 250) };
  };

  it("do every slice of thousands of small jobs once", async () => {
    const { threads, ledger } = start();
    for (const count of [1, 2, 3, 4]) {
      threads.grow(count);
      expect(threads.count).toBe(count);
      await setImmediate();
      for (let job = 0; job < 2000; job++) ledger.run(count);
      ledger.check();
    }
  });

  it("do so right after they were started, and while they wake up", async () => {
    const { threads, ledger } = start();
    threads.grow(4);
    const end = performance.now() + 250;
    for (let job = 1; performance.now() < end; job++) {
      ledger.run(4);
      if (job % 500 === 0) {
        ledger.check();
        await setImmediate();
      }
    }
    ledger.check();
  });

  it("do so after they have slept", async () => {
    const { threads, ledger } = start();
    threads.grow(3);
    for (let nap = 0; nap < 20; nap++) {
      for (let job = 0; job < 20; job++) ledger.run(3);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    ledger.check();
  });

  it("say so when a kernel fails on one of them, instead of waiting for it", async () => {
    const { threads, ledger, memory } = start();
    threads.grow(2);
    await sleep(200); // the worker is up
    ledger.run(2);
    const end = memory.wasm.buffer.byteLength;
    const [out, a, b] = [end - 64, end - 64, end - 64];
    expect(() => threads.run(kernels.add, 2, 100, HEAVY, { out, a, b })).toThrow(
      /failed on a worker|out of bounds/,
    );
  });

  it("are never started twice", () => {
    const { threads } = start();
    threads.grow(2);
    threads.grow(1);
    threads.grow(2);
    expect(threads.count).toBe(2);
  });

  it("all take part in heavy work, and none but the caller in light work or where one thread is asked for", async () => {
    const lab = new Laboratory(simd, 3);
    const heads = attentionLayer({ nHead: 8, nKvHead: 8, headDim: 32 });
    const qkv = lab.tensor(new TestRandom(1).matrix(96, 3 * 8 * 32));
    const cache = new KvCache(lab.runtime.memory, { layers: [heads] }, 96);
    cache.grow(96);
    const attend = (ops: Laboratory["ops"], rows: number) => {
      const mark = lab.runtime.scratch.mark();
      const batch = createBatch(lab.runtime, [{ cache, start: 0, ids: Array(rows).fill(0) }]);
      const tensor = ops.rows(qkv, 0, rows);
      ops.storeKeysValues(tensor, heads, batch);
      const out = ops.read(ops.attention(tensor, heads, batch));
      lab.runtime.scratch.release(mark);
      return out;
    };
    const seen = watchParticipants(lab.runtime);
    const patience = performance.now() + 10_000;
    while (seen.size < 3 && performance.now() < patience) {
      attend(lab.ops, 96);
      await setImmediate();
    }
    expect([...seen].toSorted()).toEqual([0, 1, 2]);

    seen.clear();
    const alone = new Laboratory(simd, 1);
    for (let i = 0; i < 20; i++) attend(alone.ops, 96);
    for (let i = 0; i < 20; i++) attend(lab.ops, 1);
    expect([...seen]).toEqual([0]);
    expect(attend(alone.ops, 96)).toEqual(attend(lab.ops, 96));
    cache.free();
    lab.close();
  });
});
