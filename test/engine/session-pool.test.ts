import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { SessionPool } from "../../src/engine/session-pool.ts";
import { FakeSource } from "../generate/fake-source.ts";

let created: FakeSource[] = [];
const model = {
  createSession: () => {
    const source = new FakeSource(() => [0]);
    created.push(source);
    return source;
  },
};

/** A generation that ends when it is told to. */
function start(pool: SessionPool<FakeSource>, prompt: readonly number[]) {
  let end = () => {};
  const running = new Promise<void>((resolve) => {
    end = resolve;
  });
  const state: { session?: FakeSource; held?: readonly number[]; read?: () => void } = {};
  const used = pool.use(prompt, async (session, onRead) => {
    state.held = session.ids;
    session.truncate(0);
    state.session = session;
    state.read = () => {
      session.ids = prompt;
      onRead();
    };
    await running;
    session.ids = prompt;
  });
  const finish = () => {
    end();
    return used;
  };
  return { state, end: finish };
}

beforeEach(() => {
  created = [];
});

describe("SessionPool", () => {
  it("runs as many at a time as it has sessions, in the order in which they came", async () => {
    const pool = new SessionPool(model, 2);
    const [a, b, c, d] = [[1], [2], [3], [4]].map((prompt) => start(pool, prompt));
    await setImmediate();
    expect([a, b, c, d].map((run) => run?.state.session !== undefined)).toEqual([true, true, false, false]);
    await b?.end();
    await setImmediate();
    expect([c, d].map((run) => run?.state.session !== undefined)).toEqual([true, false]);
    await Promise.all([a?.end(), c?.end(), d?.end()]);
    expect(
      created.flatMap((source) => [source, ...source.forks]).filter(({ closed }) => !closed),
    ).toHaveLength(2);
  });

  it("gives a prompt the session that holds most of it", async () => {
    const pool = new SessionPool(model, 2);
    const [a, b] = [start(pool, [1, 2, 3]), start(pool, [7, 8, 9])];
    await Promise.all([a.end(), b.end()]);
    const c = start(pool, [7, 8, 1]);
    expect(c.state.held).toEqual([7, 8, 9]);
    expect(c.state.session).toBe(b.state.session);
    await c.end();
  });

  it("forks one that is busy, and gives up an idle one for it", async () => {
    const pool = new SessionPool(model, 3);
    const [idle, busy] = [start(pool, [5, 6]), start(pool, [1, 2, 3, 4])];
    await idle.end();
    busy.state.read?.();
    const [first, second] = [start(pool, [1, 2, 3, 9]), start(pool, [1, 2, 3, 8])];
    expect([first, second].map(({ state }) => state.held)).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
    expect(created.map(({ closed }) => closed)).toEqual([true]);
    expect(created[0]?.forks[0]).toMatchObject({
      closed: false,
      forks: [{ closed: false }, { closed: false }],
    });
    await Promise.all([busy.end(), first.end(), second.end()]);
  });

  it("waits for another prompt that begins like half of its own, but not for less", async () => {
    const pool = new SessionPool(model, 4);
    const reading = start(pool, [1, 2, 3, 4]);
    const [alike, other] = [start(pool, [1, 2, 8, 8]), start(pool, [1, 7, 7, 7])];
    expect([alike, other].map(({ state }) => state.session !== undefined)).toEqual([false, true]);
    await reading.end();
    await setImmediate();
    expect(alike.state.held).toEqual([1, 2, 3, 4]);
    await Promise.all([alike.end(), other.end()]);
  });

  it("has a free session again where one failed", async () => {
    const pool = new SessionPool(model, 1);
    const failing = pool.use([1], async () => {
      throw new Error("failed");
    });
    const next = pool.use([2], async () => "done");
    await expect(failing).rejects.toThrow("failed");
    expect(await next).toBe("done");
  });

  it("never runs more than its size, never two on a session, and ends with everything closed or idle", async () => {
    const job = fc.record({
      prompt: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 6 }),
      ticks: fc.integer({ min: 0, max: 4 }),
      readAt: fc.integer({ min: 0, max: 4 }),
      fails: fc.boolean(),
    });
    const jobs = fc.array(job, { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(jobs, fc.integer({ min: 1, max: 4 }), async (jobs, size) => {
        created = [];
        const pool = new SessionPool(model, size);
        const running = new Set<FakeSource>();
        const uses = jobs.map(({ prompt, ticks, readAt, fails }, number) =>
          pool.use(prompt, async (session, onRead) => {
            expect(running.has(session)).toBe(false);
            expect(running.add(session).size).toBeLessThanOrEqual(size);
            expect(session.closed).toBe(false);
            for (let tick = 0; tick < ticks; tick++) {
              if (tick === readAt) onRead();
              await setImmediate();
            }
            session.ids = prompt;
            running.delete(session);
            if (fails) throw new Error("failed");
            return number;
          }),
        );
        const settled = await Promise.allSettled(uses);
        for (const [number, { fails }] of jobs.entries()) {
          const expected = fails ? { status: "rejected" } : { status: "fulfilled", value: number };
          expect(settled[number]).toMatchObject(expected);
        }
        const open = created.flatMap((source) => descendants(source)).filter(({ closed }) => !closed);
        expect(open.length).toBeLessThanOrEqual(size);
      }),
      { numRuns: 150 },
    );
  });

  it("begins prompts that share nothing in the order in which they came", async () => {
    const ticks = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(ticks, fc.integer({ min: 1, max: 3 }), async (ticks, size) => {
        const pool = new SessionPool(model, size);
        const begun: number[] = [];
        const uses = ticks.map((count, number) =>
          pool.use([number], async () => {
            begun.push(number);
            for (let tick = 0; tick < count; tick++) await setImmediate();
          }),
        );
        await Promise.all(uses);
        expect(begun).toEqual([...ticks.keys()]);
      }),
      { numRuns: 100 },
    );
  });
});

/** A source, its forks, and their forks. */
const descendants = (source: FakeSource): FakeSource[] => [source, ...source.forks.flatMap(descendants)];
