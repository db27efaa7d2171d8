import { setImmediate, setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
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
const models: readonly { name: string; config: DecoderConfig; dtype: StoredAs }[] = [
  { name: "llama", config: { ...llama, ...size, nKvHead: 2, nInner: 700 }, dtype: "F32" },
  { name: "gpt2", config: { ...gpt2, ...size, nKvHead: 6, nInner: 1401 }, dtype: "BF16" },
];

const random = new TestRandom(5);
const text = (length: number): number[] => Array.from({ length }, () => random.integer(size.vocabSize));
const ids = text(LENGTH);

async function load(name: string, simd: (typeof builds)[number], threads: number): Promise<Model> {
  const checkpoint = await openCheckpoint(file(name));
  return Model.load(checkpoint, await describeModel(checkpoint), { simd, threads });
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
      const controller = new AbortController();
      let ticks = 0;
      const running = session.append(text(900), { signal: controller.signal });
      // Between its blocks an append lets timers run: abort when some passes are done.
      const timer = setInterval(() => {
        ticks++;
        if (session.length > 40 + 64) controller.abort(new Error("enough"));
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

    it.each([-1, 5, 1.5, Number.NaN])("refuses to be cut to %d of 4", async (length) => {
      const session = model.createSession();
      await session.append([1, 2, 3, 4]);
      expect(() => session.truncate(length)).toThrow(GptError);
      expect(() => session.truncate(length)).toThrow(`truncate ${length}: the session holds 4 positions`);
      expect(session.length).toBe(4);
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
