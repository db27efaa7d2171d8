import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLOCK_POSITIONS } from "../../../src/compute/kernels/table.ts";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import { kvCacheBytes } from "../../../src/compute/memory/kv-shape.ts";
import { attempt, FaultyMemory } from "./faults.ts";

const CAPACITY = 200;
const shape = { layers: [{ nKvHead: 1, headDim: 4 }] };
const BLOCK_BYTES = kvCacheBytes(shape, 1);
const TABLE_BYTES = 64;

/** A cache beside its plain model: a number for each position. */
interface Modelled {
  readonly cache: KvCache;
  readonly numbers: number[];
}

const length = fc.integer({ min: 0, max: CAPACITY });
const which = fc.nat({ max: 7 });
type Step =
  | { readonly kind: "create" }
  | { readonly kind: "fork"; readonly which: number }
  | { readonly kind: "free"; readonly which: number }
  | { readonly kind: "grow"; readonly which: number; readonly length: number }
  | { readonly kind: "truncate"; readonly which: number; readonly length: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("create" as const) }),
  fc.record({ kind: fc.constant("grow" as const), which, length }),
  fc.record({ kind: fc.constant("truncate" as const), which, length }),
  fc.record({ kind: fc.constant("fork" as const), which }),
  fc.record({ kind: fc.constant("free" as const), which }),
);
/** A step, and the number of its allocations before the one that fails. */
const steps = fc.array(fc.tuple(step, fc.option(fc.nat({ max: 4 }))), { maxLength: 40 });

class Model {
  readonly memory = new FaultyMemory();
  caches: Modelled[] = [];
  #next = 0;

  run(step: Step): void {
    if (step.kind === "create") {
      this.caches.push({ cache: new KvCache(this.memory, shape, CAPACITY), numbers: [] });
      return;
    }
    const chosen = this.caches[step.which % Math.max(1, this.caches.length)];
    if (chosen === undefined) return;
    const { cache, numbers } = chosen;
    if (step.kind === "fork") this.caches.push({ cache: cache.fork(), numbers: [...numbers] });
    else if (step.kind === "truncate") {
      cache.truncate(step.length);
      numbers.length = Math.min(numbers.length, step.length);
    } else if (step.kind === "free") {
      cache.free();
      this.caches = this.caches.filter((other) => other !== chosen);
    } else if (step.length >= cache.length) {
      cache.grow(step.length);
      for (let position = numbers.length; position < step.length; position++) {
        numbers.push(++this.#next);
        this.#slot(cache, position)[0] = this.#next;
      }
    }
  }

  /** Contents and blocks of all caches. */
  state() {
    return {
      allocated: this.memory.allocated,
      caches: this.caches.map(({ cache }) => ({
        length: cache.length,
        blocks: this.#blocks(cache),
        held: Array.from({ length: cache.length }, (_, position) => this.#slot(cache, position)[0]),
      })),
    };
  }

  /** Every cache holds its own numbers, and no memory is held but tables and blocks in use. */
  check(): void {
    const { allocated, caches } = this.state();
    expect(caches.map(({ held }) => held)).toEqual(this.caches.map(({ numbers }) => numbers));
    const blocks = new Set(caches.flatMap(({ blocks }) => blocks));
    expect(allocated).toBe(caches.length * TABLE_BYTES + blocks.size * BLOCK_BYTES);
  }

  close(): void {
    for (const { cache } of this.caches) cache.free();
    expect(this.memory.allocated).toBe(0);
  }

  #blocks(cache: KvCache): number[] {
    return [...this.memory.u32(cache.tables[0] as number, Math.ceil(cache.length / BLOCK_POSITIONS))];
  }

  #slot(cache: KvCache, position: number): Uint32Array {
    const block = this.#blocks(cache)[Math.floor(position / BLOCK_POSITIONS)] ?? 0;
    return this.memory.u32(block + (position % BLOCK_POSITIONS) * 4, 1);
  }
}

describe("caches that grow, are cut, forked and freed", () => {
  it("equal plain lists, share no block that one of them writes into, and leak nothing", () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const model = new Model();
        for (const [step, fault] of steps) {
          const before = model.state();
          model.memory.failAfter(fault ?? Number.POSITIVE_INFINITY);
          const done = attempt(() => {
            model.run(step);
            return true;
          });
          model.memory.failAfter(Number.POSITIVE_INFINITY);
          if (!done) expect(model.state()).toEqual(before);
          model.check();
        }
        model.close();
      }),
      { numRuns: 60 },
    );
  });
});
