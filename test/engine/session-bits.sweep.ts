import { setImmediate } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { kvCacheBytes } from "../../src/compute/memory/kv-shape.ts";
import { Runtime } from "../../src/compute/runtime.ts";
import type { Model } from "../../src/engine/model.ts";
import type { Session } from "../../src/engine/session.ts";
import { GptError } from "../../src/errors.ts";
import { builds } from "../compute/laboratory.ts";
import { watchParticipants } from "../compute/participants.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { expectSameBits, rows } from "./bits.ts";
import { models, sessionModels, size } from "./session-models.ts";

const { random, text, load } = sessionModels(models.map(({ name }) => name));

/** Tokens of the text of these tests: more than one pass takes, five blocks of the cache. */
const LENGTH = 150;
const ids = text(LENGTH);

/** Logits after every id, appended in chunks of a size. */
async function inChunks(session: Session, ids: readonly number[], chunk: number): Promise<Float32Array> {
  const { vocabSize } = size;
  const all = new Float32Array(ids.length * vocabSize);
  for (let first = 0; first < ids.length; first += chunk) {
    const logits = await session.append(ids.slice(first, first + chunk), { every: true });
    all.set(logits, first * vocabSize);
  }
  return all;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(builds)("a session, %s build", (simd) => {
  const { memory } = Runtime.get(simd);

  describe.each(models)("of a $name gives the same bits", ({ name }) => {
    const { vocabSize } = size;
    let expected: Float32Array;
    let model: Model;

    beforeAll(async () => {
      model = await load(name, simd, 1);
      expected = await model.createSession().append(ids, { every: true });
      expect(expected.every(Number.isFinite)).toBe(true);
      expect(new Set(expected).size).toBeGreaterThan(expected.length / 2);
    });
    afterAll(() => model.close());

    it.each([1, 2, 4])("with %i threads, at once, one by one and in chunks", async (threads) => {
      const shared = await load(name, simd, threads);
      for (const chunk of [1, 3, 64, 65, LENGTH]) {
        const session = shared.createSession();
        expectSameBits(await inChunks(session, ids, chunk), expected, vocabSize);
        await session.close();
      }
      const last = await shared.createSession().append(ids);
      expectSameBits(last, rows(expected, vocabSize, LENGTH - 1), vocabSize);
      await shared.close();
    });

    it("with threads that really take part", async () => {
      const shared = await load(name, simd, 3);
      const seen = watchParticipants(Runtime.get(simd));
      const session = shared.createSession();
      const patience = performance.now() + 10_000;
      do {
        session.truncate(0);
        expectSameBits(await session.append(ids, { every: true }), expected, vocabSize);
        await setImmediate();
      } while (seen.size < 3 && performance.now() < patience);
      expect(seen.size).toBeGreaterThanOrEqual(3);
      await shared.close();
    });

    it("after it was cut and continued", async () => {
      const session = model.createSession();
      await session.append(ids);
      for (const length of [129, 97, 64, 33, 32, 1, 0]) {
        session.truncate(length);
        expect(session.length).toBe(length);
        await session.append(text(40));
        session.truncate(length);
        const again = await session.append(ids.slice(length), { every: true });
        expectSameBits(again, rows(expected, vocabSize, length), vocabSize);
      }
      await session.close();
    });

    it.each([1, 31, 32, 33, 64, 100])("forked after %i, on both sides of the fork", async (length) => {
      const session = model.createSession();
      await session.append(ids.slice(0, length));
      const running = session.append(ids.slice(length, length + 40)).then(() => session.truncate(length));
      const fork = session.fork();
      await running;
      expect(fork.ids).toEqual(ids.slice(0, length));
      const other = [...ids.slice(0, length), ...text(40)];
      const alone = await model.createSession().append(other, { every: true });
      const [first, second] = await Promise.all([
        fork.append(other.slice(length), { every: true }),
        session.append(ids.slice(length), { every: true }),
      ]);
      expectSameBits(first, rows(alone, vocabSize, length), vocabSize);
      expectSameBits(second, rows(expected, vocabSize, length), vocabSize);
      await session.close();
      const third = fork.fork();
      await fork.close();
      third.truncate(length - 1);
      const again = await third.append(ids.slice(length - 1), { every: true });
      expectSameBits(again, rows(expected, vocabSize, length - 1), vocabSize);
      await third.close();
    });

    it("forked, cut into what is shared and continued, again and again", async () => {
      const open = [model.createSession()];
      for (let round = 0; round < 25; round++) {
        const session = open[random.integer(open.length)] as Session;
        const fork = session.fork();
        fork.truncate(random.integer(fork.length + 1));
        const begin = fork.length;
        const end = begin + 1 + random.integer(LENGTH - begin);
        if (begin < LENGTH) await fork.append(ids.slice(begin, end));
        open.push(fork);
        if (open.length > 4) await open.splice(random.integer(open.length), 1)[0]?.close();
      }
      for (const session of open) {
        session.truncate(Math.max(0, session.length - 1));
        const begin = session.length;
        expectSameBits(
          await session.append(ids.slice(begin), { every: true }),
          rows(expected, vocabSize, begin),
          vocabSize,
        );
        await session.close();
      }
    });

    it("beside other sessions that run at the same time", async () => {
      const other = text(90);
      const alone = await model.createSession().append(other, { every: true });
      const [a, b, c] = [model.createSession(), model.createSession(), model.createSession()];
      const [first, second, third] = await Promise.all([
        inChunks(a, ids, 7),
        inChunks(b, other, 1),
        c.append(ids, { every: true }),
      ]);
      expectSameBits(first, expected, vocabSize);
      expectSameBits(second, alone, vocabSize);
      expectSameBits(third, expected, vocabSize);
    });

    it("beside others in the same passes, which may be aborted or in error", async () => {
      const others = [text(20), text(33), text(150)].map((ids) => ({ ids, session: model.createSession() }));
      for (const { ids, session } of others) await session.append(ids);
      const expectedOthers = await Promise.all(
        others.map(({ ids }) => model.createSession().append([...ids, 7, 8, 9], { every: true })),
      );
      const long = model.createSession();
      const [aborted, ended] = [new AbortController(), model.createSession()];
      const abandoned = rejectionOf(ended.append(text(1000), { signal: aborted.signal }));
      const wrong = rejectionOf(ended.append([vocabSize]));
      const running = long.append(ids, { every: true });
      const steps = others.map(async ({ ids, session }, i) => {
        for (const [step, id] of [7, 8, 9].entries()) {
          const logits = await session.append([id]);
          const at = ids.length + step;
          const row = rows(expectedOthers[i] as Float32Array, vocabSize, at, at + 1);
          expectSameBits(logits, row, vocabSize);
        }
        aborted.abort(new GptError("usage", "that is enough"));
      });
      await Promise.all(steps);
      expectSameBits(await running, expected, vocabSize);
      expect((await abandoned).message).toBe("that is enough");
      expect((await wrong).message).toContain("token id");
      expect(ended.length).toBe(0);
    });

    it("when appends are not awaited: they run in the order of their calls", async () => {
      const session = model.createSession();
      const mutable = ids.slice(0, 50);
      const running = Promise.all([
        session.append(mutable, { every: true }),
        session.append(ids.slice(50), { every: true }),
      ]);
      mutable.fill(0);
      const [first, second] = await running;
      expectSameBits(first, rows(expected, vocabSize, 0, 50), vocabSize);
      expectSameBits(second, rows(expected, vocabSize, 50), vocabSize);
    });

    it("after an append that was aborted, or was in error", async () => {
      const session = model.createSession();
      await session.append(ids.slice(0, 40));
      const allocated = memory.allocated;
      const aborted = session.append(ids.slice(40), { signal: AbortSignal.abort() });
      await expect(aborted).rejects.toThrow("aborted");
      await rejectionOf(session.append([...ids.slice(40), vocabSize]));
      expect(session.length).toBe(40);
      expect(memory.allocated).toBe(allocated);
      const rest = await session.append(ids.slice(40), { every: true });
      expectSameBits(rest, rows(expected, vocabSize, 40), vocabSize);
    });

    it("after an append that was aborted while it ran", async () => {
      const session = model.createSession();
      await session.append(ids.slice(0, 40));
      const allocated = memory.allocated;
      const positionBytes = kvCacheBytes(model.kvShape, 32) / 32;
      const controller = new AbortController();
      let ticks = 0;
      const running = session.append(text(900), { signal: controller.signal });
      // Between its blocks an append lets timers run: abort when some passes are done.
      const timer = setInterval(() => {
        ticks++;
        if (memory.allocated > allocated + 64 * positionBytes) controller.abort(new Error("enough"));
      }, 1);
      await expect(running).rejects.toThrow("enough");
      clearInterval(timer);
      expect(ticks).toBeGreaterThan(0);
      expect(session.length).toBe(40);
      expect(memory.allocated).toBe(allocated);
      const rest = await session.append(ids.slice(40), { every: true });
      expectSameBits(rest, rows(expected, vocabSize, 40), vocabSize);
    });
  });
});
