/** Sessions of a model whose layers carry a state: they go back, fork and fail as all do. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Runtime } from "../../src/compute/runtime.ts";
import type { Model } from "../../src/engine/model.ts";
import { GptError } from "../../src/errors.ts";
import { failAt } from "../fixtures/faults.ts";
import { TestRandom } from "../reference/random.ts";
import { describeWithShared } from "../shared.ts";
import { expectSameBits, rows } from "./bits.ts";
import { load, logitsOf } from "./golden/models.ts";
import { pathOf } from "./golden/table.ts";

describeWithShared("a session of a model with recurrent layers", () => {
  const { memory } = Runtime.get("plain");
  const random = new TestRandom(3);
  const ids = Array.from({ length: 400 }, () => random.integer(113));
  let model: Model;
  let expected: Float32Array;

  beforeAll(async () => {
    model = await load(pathOf("qwen3_5_text"), { simd: "plain", threads: 2 });
    expected = await logitsOf(model, ids);
  });
  afterAll(() => model.close());

  const from = (first: number, end = ids.length) =>
    rows(expected, 113, first).subarray(0, (end - first) * 113);

  it("takes guesses back and goes on from the last right one", async () => {
    const session = model.createSession();
    for (let length = 0; length < 300; ) {
      const right = 1 + random.integer(4);
      const guesses = [...ids.slice(length, length + right), 7, 8];
      const logits = await session.append(guesses, { every: true });
      expectSameBits(logits.subarray(0, right * 113), from(length, length + right), 113);
      length += right;
      session.truncate(length);
      expect(session.ids).toEqual(ids.slice(0, length));
    }
    await session.close();
  });

  it("goes back to any position and forks there", async () => {
    const session = model.createSession();
    await session.append(ids);
    for (const length of [399, 380, 256, 100, 1, 0]) {
      session.truncate(length);
      const fork = session.fork();
      const end = Math.min(length + 20, ids.length);
      expectSameBits(await fork.append(ids.slice(length, end), { every: true }), from(length, end), 113);
      expectSameBits(await session.append(ids.slice(length), { every: true }), from(length), 113);
      await fork.close();
    }
    await session.close();
  });

  it("is as before after a fault at any allocation and after an abort, and gives all memory back", async () => {
    const { allocated } = memory;
    const session = model.createSession();
    await session.append(ids.slice(0, 90));
    for (let n = 1; n < 6; n++) {
      const fault = failAt(memory, "allocate", n, new GptError("resource", "a fault that was made"));
      await session.append(ids.slice(90, 300)).catch(() => {});
      fault.end();
      expect(session.ids).toEqual(session.length === 90 ? ids.slice(0, 90) : ids.slice(0, 300));
      session.truncate(90);
    }
    const controller = new AbortController();
    const aborted = session.append(ids.slice(90), { signal: controller.signal });
    controller.abort();
    await expect(aborted).rejects.toThrow();
    expectSameBits(await session.append(ids.slice(90), { every: true }), from(90), 113);
    await session.close();
    expect(memory.allocated).toBe(allocated);
  });
});
