/** Sessions of models whose layers see a window or a chunk: what no row sees leaves the cache. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { KEPT_BEHIND, kvCacheBytes, MOST_GROWTH } from "../../src/compute/memory/kv-shape.ts";
import { SequenceCache } from "../../src/compute/memory/sequence-cache.ts";
import { Runtime } from "../../src/compute/runtime.ts";
import { wholeKvShapeOf } from "../../src/engine/kv-types.ts";
import type { Model } from "../../src/engine/model.ts";
import type { Session } from "../../src/engine/session.ts";
import { GptError } from "../../src/errors.ts";
import { failAt } from "../fixtures/faults.ts";
import { TestRandom } from "../reference/random.ts";
import { describeWithShared } from "../shared.ts";
import { expectSameBits, rows } from "./bits.ts";
import { load, logitsOf } from "./golden/models.ts";
import { pathOf } from "./golden/table.ts";

const VOCABULARY = 131;
const LENGTH = 900;
const random = new TestRandom(3);
const ids = Array.from({ length: LENGTH }, () => random.integer(VOCABULARY));

/** Windows beside full attention, layers that share keys, sinks, chunks, windows alone. */
const names = ["gemma3n_text", "gemma4", "gpt_oss", "llama4", "starcoder2"];

/** An append of some of the ids that follow, a length to go back to, or a fork that takes the place. */
type Step = { readonly kind: "append" | "truncate" | "fork"; readonly amount: number };
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("append", "append", "append", "truncate", "fork"),
  amount: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 700 })),
});

describeWithShared("sessions of models with windows", () => {
  const { memory } = Runtime.get("plain");

  describe.each(names)("%s", (name) => {
    let model: Model;
    let expected: Float32Array;
    const from = (first: number, end: number) =>
      rows(expected, VOCABULARY, first).subarray(0, (end - first) * VOCABULARY);

    beforeAll(async () => {
      const options = { simd: "plain", threads: 2, contextSize: 1000 } as const;
      model = await load(pathOf(name), options);
      const keepsAll = vi.spyOn(SequenceCache.prototype, "forgetUnseen").mockImplementation(() => {});
      expected = await logitsOf(model, ids);
      keepsAll.mockRestore();
      const all = rows(expected, VOCABULARY, LENGTH - 1);
      expect(all.every(Number.isFinite)).toBe(true);
    });
    afterAll(() => model.close());

    it("gives the same bits as a cache that keeps everything, after any appends, cuts and forks", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 9 }), async (steps) => {
          let session = model.createSession();
          for (const { kind, amount } of steps) {
            if (kind === "truncate") session.truncate(Math.max(0, session.length - amount));
            if (kind === "fork") {
              const fork = session.fork();
              await session.close();
              session = fork;
            }
            const end = Math.min(LENGTH, session.length + amount);
            if (kind === "append" && end > session.length) await checkAppend(session, end);
          }
          await session.close();
        }),
        { numRuns: 8 },
      );
    });

    it("takes no more memory than the plan, and gives all back", async () => {
      const { allocated } = memory;
      const session = model.createSession();
      const tables = memory.allocated - allocated;
      for (const chunk of [300, 200, 1, 1, 1, 350]) {
        await session.append(ids.slice(session.length, session.length + chunk));
        expect(memory.allocated - allocated - tables).toBeLessThanOrEqual(
          kvCacheBytes(model.kvShape, session.length),
        );
      }
      const whole = kvCacheBytes(wholeKvShapeOf(model.config), LENGTH);
      expect(kvCacheBytes(model.kvShape, LENGTH)).toBeLessThan(whole);
      await session.close();
      expect(memory.allocated).toBe(allocated);
    });

    it("is as before after a fault in a later pass, and goes back far", async () => {
      const session = model.createSession();
      await checkAppend(session, 500);
      const fault = failAt(memory, "allocate", 10, new GptError("resource", "a fault that was made"));
      await expect(session.append(ids.slice(500))).rejects.toThrow("a fault");
      fault.end();
      await checkAppend(session, 520);
      const [fork, other] = [session.fork(), session.fork()];
      fork.truncate(40);
      other.truncate(500 - KEPT_BEHIND);
      await checkAppend(session, 800);
      await checkAppend(fork, 60);
      await checkAppend(other, 500 + MOST_GROWTH);
      for (const each of [session, fork, other]) await each.close();
    });

    async function checkAppend(session: Session, end: number): Promise<void> {
      const first = session.length;
      const logits = await session.append(ids.slice(first, end), { every: true });
      expectSameBits(logits, from(first, end), VOCABULARY);
    }
  });
});
