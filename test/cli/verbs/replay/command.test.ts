import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt } from "../../gpt.ts";

const file = temporaryFolder();

describe("gpt replay", () => {
  const scores = file("scores.jsonl");
  const results = file("results.json");
  beforeAll(async () => {
    const text = file("text.txt");
    writeFileSync(
      text,
      "Once upon a time there was a little dog. He liked to play with his red ball.\n".repeat(9),
    );
    writeFileSync(file("items.jsonl"), '{"question":"What barks?","choices":["a cat","a dog"],"answer":1}\n');
    await gpt("eval", "perplexity", text, "-c", "32", "-t", "1", "-o", scores);
    await gpt("eval", "multiple-choice", "--data", file("items.jsonl"), "-t", "1", "-o", results);
  });

  it("finds all values equal", async () => {
    for (const path of [scores, results]) {
      const { status, stdout, stderr } = await gpt("replay", path);
      expect([status, stderr, stdout]).toEqual([0, "", expect.stringMatching(/^equal: all \d+ values$/m)]);
    }
  });

  it("says what differs, and what it depends on", async () => {
    const changed = file("changed.json");
    const recorded = readFileSync(results, "utf8");
    writeFileSync(
      changed,
      recorded
        .replace('"model_name":"stories"', '"model_name":"storied"')
        .replace(/"threads":\d+/, '"threads":7'),
    );
    const { status, stdout } = await gpt("replay", changed);
    expect(status).toBe(1);
    expect(stdout).toContain("threads was 7, is 1");
    expect(stdout).toContain("1 differ; the first is model_name from byte 6 on:");
    const { differences } = JSON.parse((await gpt("replay", changed, "--json")).stdout);
    expect(differences).toEqual([{ path: ["model_name"], recorded: "storied", found: "stories", byte: 6 }]);
  });

  it.each([
    ["none.json", '{"manifest":{}}', "no result with a manifest"],
    ["other.json", '{"manifest":{"command":["train"],"directory":"/"}}', "gpt eval is replayed only"],
  ])("refuses %s", async (name, content, problem) => {
    writeFileSync(file(name), content);
    const { status, stderr } = await gpt("replay", file(name));
    expect([status, stderr]).toEqual([4, expect.stringContaining(problem)]);
  });
});
