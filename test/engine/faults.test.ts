/** A fault at every allocation and pause leaves models, sessions and caches as they were. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Runtime } from "../../src/compute/runtime.ts";
import { Model } from "../../src/engine/model.ts";
import type { Session } from "../../src/engine/session.ts";
import { GptError } from "../../src/errors.ts";
import { parseModel } from "../../src/families/parse.ts";
import { atEveryCall, failAt } from "../fixtures/faults.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2, llama } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { expectSameBits } from "./bits.ts";

const file = temporaryFolder();
const size = { nPositions: 512, nEmbd: 16, nHead: 2, nKvHead: 1, headDim: 8, nInner: 24 };
const text = (from: number, length: number) =>
  Array.from({ length }, (_, i) => (from + 7 * i) % llama.vocabSize);
const injected = new GptError("resource", "a fault that was made");

/** More than a pass takes, in several blocks of the cache. */
const PREFIX = text(3, 40);
const NEXT = text(5, 200);

let model: Model;
let session: Session;
let expected: Float32Array;

const runtime = Runtime.get("plain");
async function load(name: string): Promise<Model> {
  const checkpoint = await openCheckpoint(file(name));
  return Model.load(checkpoint, await parseModel(checkpoint), { simd: "plain", threads: 2 });
}

beforeAll(async () => {
  writeRandomDirectory(file("llama"), { ...llama, ...size });
  writeRandomDirectory(file("gpt2"), gpt2, { dtype: "F16" });
  model = await load("llama");
  session = model.createSession();
  await session.append(PREFIX);
  expected = await session.append(NEXT, { every: true });
  session.truncate(PREFIX.length);
});
afterAll(() => model.close());

/** The session is as it was, and goes on as if nothing had happened. */
async function expectUntouched(allocated: number): Promise<void> {
  expect(session.ids).toEqual(PREFIX);
  expect(runtime.memory.allocated).toBe(allocated);
  expectSameBits(await session.append(NEXT, { every: true }), expected, llama.vocabSize);
  session.truncate(PREFIX.length);
  expect(runtime.memory.allocated).toBe(allocated);
}

const allocation = (n: number) => failAt(runtime.memory, "allocate", n, injected);
const scratch = (n: number) => failAt(runtime.scratch, "allocate", n, injected);
const pause = (n: number) => failAt(runtime, "pause", n, injected);

describe("a fault", () => {
  it.each(["llama", "gpt2"])("at any allocation of loading leaves nothing in memory: %s", async (name) => {
    const before = runtime.memory.allocated;
    const faults = await atEveryCall(allocation, async (fault) => {
      const outcome = load(name).then((loaded) => loaded.close());
      if (
        await outcome.then(
          () => false,
          (error) => error === injected,
        )
      )
        expect(fault.happened).toBe(true);
      else expect(fault.happened).toBe(false);
      expect(runtime.memory.allocated).toBe(before);
    });
    expect(faults).toBeGreaterThan(10);
  });

  it.each([
    ["allocation of a cache", allocation, 5],
    ["allocation of scratch memory", scratch, 50],
    ["pause", pause, 3],
  ] as const)("at any %s leaves the session as it was", async (_, fault, least) => {
    const { allocated } = runtime.memory;
    const faults = await atEveryCall(fault, async (present) => {
      const outcome = await session.append(NEXT, { every: true }).then(
        () => undefined,
        (error) => error,
      );
      present.end();
      expect(outcome).toBe(present.happened ? injected : undefined);
      if (!present.happened) session.truncate(PREFIX.length);
      await expectUntouched(allocated);
    });
    expect(faults).toBeGreaterThanOrEqual(least);
  });

  it("at any allocation of one session leaves its neighbour alone", async () => {
    const { allocated } = runtime.memory;
    await atEveryCall(allocation, async (present) => {
      let fork: Session | undefined;
      try {
        fork = session.fork();
      } catch (error) {
        expect(error).toBe(injected);
      }
      if (fork !== undefined) {
        const results = await Promise.allSettled([fork.append(NEXT), session.append(NEXT, { every: true })]);
        for (const result of results) if (result.status === "rejected") expect(result.reason).toBe(injected);
        const failed = results.filter(({ status }) => status === "rejected");
        expect(failed.length).toBe(present.happened ? 1 : 0);
        if (results[1].status === "fulfilled") expectSameBits(results[1].value, expected, llama.vocabSize);
        await fork.close();
      }
      present.end();
      session.truncate(PREFIX.length);
      await expectUntouched(allocated);
    });
  });
});
