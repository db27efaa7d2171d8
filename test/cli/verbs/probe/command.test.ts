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
  expect([status, stderr]).toEqual([2, expect.stringContaining("give swap and a file of pairs")]);
});
