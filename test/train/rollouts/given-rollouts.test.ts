import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { GivenRollouts } from "../../../src/train/rollouts/given-rollouts.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();
const answer = { prompt_ids: [1, 2], ids: [3, 4], logprobs: [{ logprob: -1 }, { logprob: -2 }] };
const read = (...records: readonly unknown[]) => {
  const lines = records.map((record) => (typeof record === "string" ? record : JSON.stringify(record)));
  const path = file(records.includes("a text") ? "answers.txt" : "answers.jsonl");
  writeFileSync(path, lines.join("\n"));
  return GivenRollouts.read(path);
};

it("gives each epoch answers of its own, with the token that ended them", async () => {
  const ended = { ...answer, finish_reason: "eos", end: { id: 0, logprob: -0.5 } };
  const given = await read(answer, { ...answer, prompt_ids: [9] }, ended);
  const take = (epoch: number, count = 1) => given.take([1, 2], { epoch, count, room: 5 });
  const plain = { ids: [3, 4], logprobs: [-1, -2], isEnded: false };
  const whole = { ids: [3, 4, 0], logprobs: [-1, -2, -0.5], isEnded: true };
  expect([take(0), take(1), take(0, 2)]).toEqual([[plain], [whole], [plain, whole]]);
  expect(() => take(1, 2)).toThrow(/has 2 answers to the prompt of ids 1, 2, epoch 2 needs 4: draw more/);
  expect(() => given.take([1, 2], { epoch: 1, count: 1, room: 4 })).toThrow(/has 5 tokens with its prompt/);
});

it("takes the reward that a line has", async () => {
  const given = await read({ ...answer, reward: 0.5 }, answer);
  const [rated, plain] = given.take([1, 2], { epoch: 0, count: 2, room: 5 });
  expect([rated?.reward, plain?.reward]).toEqual([0.5, undefined]);
});

it.each([
  [{ ...answer, reward: "1" }, /reward is "1", expected a number/],
  ["a text", /is text: expected what gpt generate/],
  [{ ids: [1] }, /prompt_ids is missing, expected a list/],
  [{ ...answer, ids: [-1] }, /ids is \[-1\], expected a list of token ids/],
  [{ ...answer, logprobs: undefined }, /logprobs is missing/],
  [{ ...answer, logprobs: [{ logprob: -1 }] }, /logprobs is 1, expected a log-probability for each of 2 ids/],
  [{ ...answer, logprobs: [{ logprob: 1 }, null] }, /expected objects with a "logprob" of at most 0/],
  [{ ...answer, finish_reason: "eos" }, /end is missing, expected the token that ended the answer/],
  [{ ...answer, ids: [], logprobs: [] }, /ids is \[\], expected one id at least/],
])("refuses %j", async (record, message) => {
  expect((await rejectionOf(read(record))).message).toMatch(message);
});
