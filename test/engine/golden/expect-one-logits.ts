import type { Model } from "../../../src/engine/model.ts";
import { expectSameBits, rows } from "../bits.ts";
import { logitsOf } from "./models.ts";

/**
 * Expects these logits of all ids however they are computed: in chunks, in a batch, on three threads, after a
 * fork, and after truncation.
 */
export async function expectOneLogits(
  model: Model,
  ids: readonly number[],
  expected: Float32Array,
): Promise<void> {
  const { vocabSize } = model.config;
  for (const chunk of [1, 3, 7]) expectSameBits(await logitsOf(model, ids, chunk), expected, vocabSize);
  for (const together of await Promise.all([1, 5, ids.length].map((size) => logitsOf(model, ids, size)))) {
    expectSameBits(together, expected, vocabSize);
  }
  const threaded = model.withThreads(3);
  expectSameBits(await logitsOf(threaded, ids), expected, vocabSize);

  const half = Math.floor(ids.length / 2);
  const second = rows(expected, vocabSize, half);
  const session = model.createSession();
  await session.append(ids.slice(0, half));
  const fork = session.fork();
  await session.append(ids.toReversed().slice(0, ids.length - half));
  expectSameBits(await fork.append(ids.slice(half), { every: true }), second, vocabSize);
  session.truncate(half);
  expectSameBits(await session.append(ids.slice(half), { every: true }), second, vocabSize);
  session.truncate(1);
  const rest = await session.append(ids.slice(1), { every: true });
  expectSameBits(rest, rows(expected, vocabSize, 1), vocabSize);
}
