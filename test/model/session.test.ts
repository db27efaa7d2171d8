import { setImmediate, setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { type KvDtype, kvCacheBytes } from "../../src/compute/kv-cache.ts";
import { Runtime } from "../../src/compute/runtime.ts";
import { GptError } from "../../src/errors.ts";
import type { DecoderConfig } from "../../src/model/config.ts";
import { describeModel } from "../../src/model/families/index.ts";
import { Model } from "../../src/model/model.ts";
import type { Session } from "../../src/model/session.ts";
import { builds } from "../compute/laboratory.ts";
import { watchParticipants } from "../compute/participants.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { TestRandom } from "../reference/random.ts";
import { expectSameBits, rows } from "./bits.ts";
import { type StoredAs, writeRandomDirectory } from "./random-checkpoint.ts";
import { gpt2, llama } from "./stored-config.ts";

const file = temporaryFolder();

/** Tokens of the text of these tests: more than one pass takes, five blocks of the cache. */
const LENGTH = 150;

/** Sizes at which the matrix products of a single row, and attention, are shared among threads. */
const size = { nEmbd: 252, nHead: 6, headDim: 42, vocabSize: 2003, nPositions: 1024 };
interface Stored {
  readonly name: string;
  readonly config: DecoderConfig;
  readonly dtype: StoredAs;
  readonly kvCache?: KvDtype;
}
const grouped = { ...llama, ...size, nHead: 8, nKvHead: 2, headDim: 32, nEmbd: 256, nInner: 700 };
const models: readonly Stored[] = [
  { name: "llama", config: { ...llama, ...size, nKvHead: 2, nInner: 700 }, dtype: "F32" },
  { name: "gpt2", config: { ...gpt2, ...size, nKvHead: 6, nInner: 1401 }, dtype: "BF16" },
  { name: "llama-int8", config: grouped, dtype: "F32", kvCache: "int8" },
];

const random = new TestRandom(5);
const text = (length: number): number[] => Array.from({ length }, () => random.integer(size.vocabSize));
const ids = text(LENGTH);

async function load(name: string, simd: (typeof builds)[number], threads: number): Promise<Model> {
  const checkpoint = await openCheckpoint(file(name));
  const kvCache = models.find((model) => model.name === name)?.kvCache;
  return Model.load(checkpoint, await describeModel(checkpoint), { simd, threads, kvCache });
}

/** Logits after every id, appended so many at a time. */
async function inChunks(session: Session, ids: readonly number[], chunk: number): Promise<Float32Array> {
  const { vocabSize } = size;
  const all = new Float32Array(ids.length * vocabSize);
  for (let first = 0; first < ids.length; first += chunk) {
    const logits = await session.append(ids.slice(first, first + chunk), { every: true });
    all.set(logits, first * vocabSize);
  }
  return all;
}

beforeAll(() => {
  for (const { name, config, dtype } of models) writeRandomDirectory(file(name), config, { dtype });
});

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
      const positionBytes = kvCacheBytes(model.config, 32) / 32;
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

  describe("of any model", () => {
    let model: Model;
    beforeAll(async () => {
      const checkpoint = await openCheckpoint(file("gpt2"));
      const options = { simd, threads: 2, contextSize: 100 };
      model = await Model.load(checkpoint, await describeModel(checkpoint), options);
    });
    afterAll(() => model.close());

    it("lets the event loop run during a long append", async () => {
      const long = await load("gpt2", simd, 1);
      await setTimeout(30);
      let turns = 0;
      const running = long.createSession().append(text(1000));
      const timer = setInterval(() => turns++, 1);
      await running;
      clearInterval(timer);
      expect(turns).toBeGreaterThan(1);
      await long.close();
    });

    it("runs what sessions append at the same time in one pass", async () => {
      const sessions = Array.from({ length: 8 }, () => model.createSession());
      const passes = vi.spyOn(Runtime.get(simd), "exclusively");
      await Promise.all(sessions.map((session) => session.append(text(10))));
      expect(passes).toHaveBeenCalledTimes(1);
      const late = model.createSession();
      const generations = sessions.map(async (session) => {
        for (let i = 0; i < 20; i++) await session.append([i]);
      });
      await Promise.all([...generations, late.append(text(90))]);
      expect(passes).toHaveBeenCalledTimes(21);
    });

    it("fails alone where there is no memory for it", async () => {
      const [full, other] = [model.createSession(), model.createSession()];
      await Promise.all([full.append(text(32)), other.append(text(31))]);
      const allocate = vi.spyOn(memory, "allocate").mockImplementationOnce(() => {
        throw new GptError("resource", "out of memory");
      });
      const [failed, logits] = await Promise.all([rejectionOf(full.append([1])), other.append([1])]);
      expect([failed.code, logits.length, allocate.mock.calls.length]).toEqual([
        "resource",
        size.vocabSize,
        1,
      ]);
      expect([full.length, other.length]).toEqual([32, 32]);
      await full.append([1]);
    });

    it("gives logits that are the caller's own", async () => {
      const session = model.createSession();
      const first = await session.append([1]);
      const copy = first.slice();
      await session.append([2, 3]);
      expect(first).toEqual(copy);
      expect(first.buffer.byteLength).toBe(size.vocabSize * 4);
    });

    it("holds as many positions as its context, and says so", async () => {
      const session = model.createSession();
      expect(session.contextSize).toBe(100);
      await session.append(text(99));
      const { code, message } = await rejectionOf(session.append([1, 2]));
      expect(code).toBe("resource");
      expect(message).toContain("99 + 2");
      expect(message).toContain("100");
      expect(session.length).toBe(99);
      await session.append([1]);
      expect(session.length).toBe(100);
      expect((await rejectionOf(session.append([1]))).code).toBe("resource");
      session.truncate(10);
      await session.append(text(90));
    });

    it.each([
      ["no ids", [], "at least one token id"],
      ["an id beyond the vocabulary", [5, 2003], "token id 2003: the vocabulary is 0 to 2002"],
      ["a negative id", [-1], "token id -1"],
      ["a fraction", [1.5], "token id 1.5"],
      ["no number", [Number.NaN], "token id NaN"],
    ])("refuses %s", async (_, ids, message) => {
      const session = model.createSession();
      const error = await rejectionOf(session.append(ids));
      expect(error.code).toBe("usage");
      expect(error.message).toContain(message);
      expect(session.length).toBe(0);
      await session.append([1]);
    });

    it("refuses what are no ids, and options that do not exist", async () => {
      const session = model.createSession();
      const append = session.append.bind(session) as (...args: unknown[]) => Promise<unknown>;
      for (const [args, message] of [
        [[], "ids must be a list of token ids, found undefined"],
        [["12"], "ids must be a list of token ids, found '12'"],
        [[[1], { evry: true }], "there is no option 'evry'"],
        [[[1], { every: 1 }], "every must be true or false, found 1"],
        [[[1], null], "options must be an object, found null"],
      ] as const) {
        const { code, message: found } = await rejectionOf(append(...args));
        expect([code, found]).toEqual(["usage", expect.stringContaining(message)]);
      }
      expect(session.length).toBe(0);
      expect(session.fork().length).toBe(0);
    });

    it.each([-1, 5, 1.5, Number.NaN])("refuses to be cut to %d of 4", async (length) => {
      const session = model.createSession();
      await session.append([1, 2, 3, 4]);
      expect(() => session.truncate(length)).toThrow(GptError);
      expect(() => session.truncate(length)).toThrow(`truncate ${length}: the session holds 4 positions`);
      expect(session.length).toBe(4);
    });

    it("knows the ids that it holds", async () => {
      const session = model.createSession();
      expect(session.ids).toEqual([]);
      const first = text(60);
      await session.append(first);
      const held = session.ids;
      expect(held).toEqual(first);
      session.truncate(50);
      await session.append([7, 8]);
      expect(session.ids).toEqual([...first.slice(0, 50), 7, 8]);
      await rejectionOf(session.append([1, -1]));
      await session.append(text(40), { signal: AbortSignal.abort() }).catch(() => {});
      expect(session.ids).toEqual([...first.slice(0, 50), 7, 8]);
      expect(held).toEqual(first);
    });

    it("knows its model's config, which is one object for all sessions", () => {
      expect(model.createSession().config).toBe(model.config);
    });

    it("takes memory for a fork only where the two differ", async () => {
      const session = model.createSession();
      const empty = memory.allocated;
      await session.append(text(64));
      const block = (memory.allocated - empty) / 2;
      const fork = session.fork();
      const forked = memory.allocated;
      expect(forked - empty - 2 * block).toBeLessThan(block / 10);
      await fork.append(text(5));
      expect(memory.allocated - forked).toBe(block);
      fork.truncate(63);
      await fork.append([1]);
      expect(memory.allocated - forked).toBe(block);
      await fork.close();
      expect(memory.allocated).toBe(empty + 2 * block);
    });

    it("refuses to be forked once it is closed", async () => {
      const session = model.createSession();
      await session.close();
      expect(() => session.fork()).toThrow("the session is closed");
    });

    it("refuses to be cut while an append runs", async () => {
      const session = model.createSession();
      await session.append(text(40));
      const running = session.append(text(40));
      expect(() => session.truncate(0)).toThrow("an append is running");
      await running;
      session.truncate(0);
      expect(session.length).toBe(0);
    });

    it("refuses everything once it is closed, and closes once", async () => {
      const session = model.createSession();
      await session.append([1, 2]);
      await session.close();
      await session.close();
      expect((await rejectionOf(session.append([1]))).message).toBe("the session is closed");
      expect(() => session.truncate(0)).toThrow("the session is closed");
    });

    it("is closed after the append that runs", async () => {
      const session = model.createSession();
      const running = session.append(text(64));
      const closed = session.close();
      const late = rejectionOf(session.append([1]));
      expect(await running).toHaveLength(size.vocabSize);
      await closed;
      expect((await late).message).toBe("the session is closed");
    });

    it("gives its memory back by truncate and close", async () => {
      await model.createSession().append(text(64));
      const before = memory.allocated;
      const session = model.createSession();
      const empty = memory.allocated;
      await session.append(text(30));
      const oneBlock = memory.allocated;
      expect(oneBlock).toBeGreaterThan(empty);
      await session.append(text(3));
      expect(memory.allocated - empty).toBe(2 * (oneBlock - empty));
      session.truncate(32);
      expect(memory.allocated).toBe(oneBlock);
      session.truncate(0);
      expect(memory.allocated).toBe(empty);
      await session.append(text(70));
      await session.close();
      expect(memory.allocated).toBe(before);
    });
  });
});
