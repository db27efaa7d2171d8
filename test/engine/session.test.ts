import { setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Runtime } from "../../src/compute/runtime.ts";
import { Model } from "../../src/engine/model.ts";
import { GptError } from "../../src/errors.ts";
import { parseModel } from "../../src/families/parse.ts";
import { builds } from "../compute/laboratory.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { sessionModels, size } from "./session-models.ts";

const { file, text, load } = sessionModels(["gpt2"]);

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(builds)("a session, %s build", (simd) => {
  const { memory } = Runtime.get(simd);

  describe("of any model", () => {
    let model: Model;
    beforeAll(async () => {
      const checkpoint = await openCheckpoint(file("gpt2"));
      const options = { simd, threads: 2, contextSize: 100 };
      model = await Model.load(checkpoint, await parseModel(checkpoint), options);
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
