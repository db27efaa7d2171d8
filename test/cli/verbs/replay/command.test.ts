import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt, shell } from "../../gpt.ts";
import { inProcess } from "../../in-process.ts";

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

  describe("of texts", () => {
    const args = ["-m", "stories", "-n", "12", "-t", "1", "--json", "--manifest"];
    const run = async (name: string, ...more: string[]) => {
      const { status, stderr } = await inProcess("generate", "-o", file(name), ...more);
      expect([status, stderr]).toEqual([0, ""]);
      return file(name);
    };

    it("draws them again with the seed that was drawn", async () => {
      for (const more of [[], ["--samples", "2"], ["--vote", "2"]]) {
        const path = await run("text.jsonl", ...args, "-q", ...more, "--no-stdin", "--", "-o is a text");
        const { status, stdout } = await inProcess("replay", path);
        expect([status, stdout]).toEqual([0, expect.stringMatching(/^equal: all \d+ values$/m)]);
      }
    });

    it("of a batch from a file, and names what its settings were", async () => {
      writeFileSync(
        file("prompts.jsonl"),
        '{"prompt":"Once"}\n{"prompt":"The dog","temperature":0}\n{"n":1}\n',
      );
      const batch = ["--jsonl", "-f", file("prompts.jsonl"), "--manifest", "-n", "8", "-t", "1", "-q"];
      const path = file("answers.jsonl");
      const ran = await inProcess("generate", ...batch, "--seed", "3", "-o", path);
      expect(ran.status).toBe(1);
      const lines = readFileSync(path, "utf8").trim().split("\n");
      expect(JSON.parse(lines[0] ?? "").manifest).toMatchObject({
        build: expect.any(String),
        inputs: [{ name: "prompts.jsonl" }],
        parameters: { max_tokens: 8, seed: 3 },
      });
      expect(lines[1]).not.toContain("manifest");
      expect(await inProcess("replay", path)).toMatchObject({ status: 0 });
      const changed = file("changed.jsonl");
      writeFileSync(
        changed,
        lines.join("\n").replace('"max_tokens":8', '"max_tokens":9').replace('"text":"', '"text":"x'),
      );
      const { status, stdout } = await inProcess("replay", changed);
      expect([status, stdout]).toEqual([1, expect.stringContaining("parameters.max_tokens was 9, is 8")]);
      expect(stdout).toContain("1 differ; the first is 0.text from byte 0 on:");
    });

    it.each([
      [["Once", "--manifest"], "give --json too"],
      [["--jsonl", "--manifest", "--seed", "1"], "give it with --file"],
      [["--jsonl", "--manifest", "-f", "x.jsonl"], "give --seed"],
    ])("needs more than %j", async (more, problem) => {
      const { status, stderr } = await inProcess("generate", ...more);
      expect([status, stderr]).toEqual([2, expect.stringContaining(problem)]);
    });

    it("gets again what was piped in", async () => {
      const { status, stdout } = await shell(
        `cd ${file("")} && echo Once | gpt generate ${args.join(" ")} -q > piped.json; gpt replay piped.json`,
      );
      expect([status, stdout]).toEqual([0, expect.stringMatching(/^equal: all/)]);
    });
  });

  it.each([
    ["none.json", '{"manifest":{}}', "no result with a manifest"],
    [
      "other.json",
      '{"manifest":{"command":["train"],"directory":"/"}}',
      "gpt eval and gpt generate are replayed",
    ],
  ])("refuses %s", async (name, content, problem) => {
    writeFileSync(file(name), content);
    const { status, stderr } = await gpt("replay", file(name));
    expect([status, stderr]).toEqual([4, expect.stringContaining(problem)]);
  });
});
