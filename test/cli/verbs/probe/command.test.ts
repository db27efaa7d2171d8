import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();

it("compares what follows swapped names", async () => {
  const pairs = file("pairs.jsonl");
  const pair = (first: string, second: string) =>
    JSON.stringify({ template: "{name} was very", first, second, continuation: " sad" });
  writeFileSync(pairs, `${pair("Tom", "Lily")}\n${pair("Lily", "Tom")}\n`);
  const { status, stdout } = await inProcess("probe", "swap", pairs, "-t", "1", "-q", "--json");
  const [one, other, all] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(status).toBe(0);
  expect(one.first_logprob).toBeLessThan(0);
  expect([other.first_logprob, other.second_logprob]).toEqual([one.second_logprob, one.first_logprob]);
  expect(all).toMatchObject({ items: 2, second_likelier: 0.5 });
  expect(all.difference.value).toBeCloseTo(0, 10);
  const shown = await inProcess("probe", "swap", pairs, "-t", "1", "-q");
  expect(shown.stdout).toMatch(/^group +pairs +second - first/);
});

it("says what it needs", async () => {
  const { status, stderr } = await inProcess("probe", "swap");
  expect([status, stderr]).toEqual([2, expect.stringContaining("give what to probe and a file")]);
});

it("has no interval for one pair", async () => {
  writeFileSync(file("one.jsonl"), '{"first": "Tom", "second": "Lily"}');
  const { stdout } = await inProcess("probe", "swap", file("one.jsonl"), "-q");
  expect(stdout).toMatch(/all +1 +[+-][\d.]+ +- +one pair has none/);
});

it("counts words of a list in what a model writes", async () => {
  writeFileSync(file("words.txt"), "# common ones\nthe\nand\nzebra\n");
  writeFileSync(file("prompts.txt"), "Once upon a time\nThe dog\n");
  const args = ["probe", "words", file("words.txt"), "--prompts", file("prompts.txt"), "-q", "-n", "30"];
  const { status, stdout } = await inProcess(...args, "--samples", "2", "--json");
  const [one, other, all] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(status).toBe(0);
  expect(one).toMatchObject({ prompt: "Once upon a time", found: [[], ["the"]] });
  expect(one.next_probability + other.next_probability).toBeGreaterThan(1e-4);
  expect(all).toMatchObject({ prompts: 2, continuations: 4, share: { value: expect.any(Number) } });
  const again = await inProcess(...args, "--samples", "2", "--json", "-t", "1");
  expect(again.stdout).toBe(stdout);
  const table = await inProcess(...args);
  expect(table.stdout).toMatch(/^group +prompts +continuations +with a word +± +prompts with one/);
  const missing = await inProcess("probe", "words", file("words.txt"));
  expect([missing.status, missing.stderr]).toEqual([2, expect.stringContaining("give --prompts FILE")]);
});
