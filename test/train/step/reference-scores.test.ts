/** Log-probabilities under a reference, on disk: whatever ends the process, what is read is right. */
import { appendFile, readFile, truncate } from "node:fs/promises";
import { expect, it } from "vitest";
import { ReferenceScores } from "../../../src/train/step/reference-scores.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();
const key = (n: number) => new Uint8Array(32).fill(n);

const completion = (promptLength: number, ...ids: number[]) => ({
  ...{ inputs: ids.slice(0, -1), targets: ids.slice(1) },
  ...{ promptLength, unit: 0 },
});

it("keeps scores by the ids of a prompt and its completion", async () => {
  const path = file("deep", "scores");
  const scores = await ReferenceScores.open(path, key(1));
  const [first, second] = [completion(2, 5, 6, 7), completion(1, 5, 6, 7)];
  scores.add(first, -1.25);
  expect(scores.get(first)).toBe(-1.25);
  for (const other of [second, completion(2, 4, 6, 7), completion(2, 5, 6, 7, 8)])
    expect(scores.get(other)).toBeUndefined();
  await scores.save();
  scores.add(second, -Math.PI);
  await scores.save();
  await scores.save();
  const again = await ReferenceScores.open(path, key(1));
  expect([first, second].map((own) => again.get(own))).toEqual([-1.25, -Math.PI]);
  expect((await ReferenceScores.open(path, key(2))).get(first)).toBeUndefined();
  expect(await readFile(path)).toEqual(Buffer.from(key(2)));
});

it("drops a record that was cut off, and goes on behind the whole ones", async () => {
  const path = file("torn");
  const own = [1, 2, 3].map((id) => completion(1, id, id, id));
  const scores = await ReferenceScores.open(path, key(3));
  for (const [i, one] of own.entries()) scores.add(one, i);
  await scores.save();
  const { length } = await readFile(path);
  await truncate(path, length - 5);
  const again = await ReferenceScores.open(path, key(3));
  expect(own.map((one) => again.get(one))).toEqual([0, 1, undefined]);
  again.add(own[2] as (typeof own)[0], 7);
  await again.save();
  const last = await ReferenceScores.open(path, key(3));
  expect(own.map((one) => last.get(one))).toEqual([0, 1, 7]);
  await truncate(path, 31);
  expect((await ReferenceScores.open(path, key(3))).get(own[0] as (typeof own)[0])).toBeUndefined();
});

it("says which file cannot be written, and works without one", async () => {
  const path = file("plain");
  await appendFile(path, "");
  const error = await rejectionOf(ReferenceScores.open(`${path}/scores`, key(1)));
  expect(error.message).toContain(`${path}/scores`);
  const memory = await ReferenceScores.open(undefined, key(1));
  memory.add(completion(1, 1, 2), 3);
  await memory.save();
  expect(memory.get(completion(1, 1, 2))).toBe(3);
});
