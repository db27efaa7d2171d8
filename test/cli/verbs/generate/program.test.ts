import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt } from "../../gpt.ts";

const path = temporaryFolder();

beforeAll(() => {
  writeFileSync(path("shots.jsonl"), '{"input":"sea","output":"mer"}\n{"input":"sun","output":"soleil"}\n');
  writeFileSync(path("bad.jsonl"), '{"input":"sea"}\n');
});

describe("gpt generate with shots", () => {
  it("writes the examples before the prompt", async () => {
    const args = [
      "sky",
      "--shots",
      path("shots.jsonl"),
      "--num-shots",
      "1",
      "--echo",
      "-n",
      "1",
      "--seed",
      "1",
      "-q",
    ];
    const { stdout } = await gpt("generate", ...args);
    expect(stdout).toMatch(/^Input: sea\nOutput: mer\n\nInput: sky\nOutput:/);
    const { stdout: own } = await gpt("generate", ...args, "--shot-format", "{input}\\t{output}\\n", "--cot");
    expect(own).toMatch(/^sea\tmer\nsky Let's think step by step\./);
  });

  it.each([
    [["sky", "--shots", "none.jsonl"], 3, "there is no such file"],
    [["sky", "--shots", "bad.jsonl"], 4, 'bad.jsonl, line 1: expected {"input": "...", "output": "..."}'],
    [["sky", "--shots", "shots.jsonl", "--num-shots", "3"], 2, "has 2 examples, --num-shots asks for 3"],
    [["sky", "--shots", "shots.jsonl", "--shot-format", "x"], 2, "must have {input} and then {output}"],
    [["sky", "--num-shots", "3"], 2, "--num-shots: give --shots"],
    [["--ids", "1", "--cot"], 2, "--ids are no text"],
    [["-i", "--vote", "3"], 2, "--vote is for a single prompt: not with --interactive"],
    [["sky", "--answer-regex", "x"], 2, "give --vote N too"],
    [["sky", "--vote", "3", "--answer-regex", "("], 2, "expected a regular expression"],
    [["sky", "--vote", "3", "--samples", "2"], 2, "leave --samples out"],
    [["sky", "--vote", "3", "--beams", "2"], 2, "--vote 3: beam search"],
  ] as const)("%j is refused", async (args, expected, message) => {
    const given = args.map((arg) => (arg.endsWith(".jsonl") ? path(arg) : arg));
    const { status, stderr } = await gpt("generate", ...given, "-q");
    expect([status, stderr]).toEqual([expected, expect.stringContaining(message)]);
  });
});

describe("gpt generate --vote", () => {
  const args = ["Lily saw a", "--vote", "12", "-n", "3", "--seed", "1", "--answer-regex", "^ ?(\\w)"];

  it("writes the answer that most samples give", async () => {
    const { stdout, stderr, status } = await gpt("generate", ...args);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^\w\n$/)]);
    expect(stderr).toMatch(/answer +votes +share\n/);
    const [first = "", count = ""] =
      /^(\w) +(\d+) /m.exec(stderr.slice(stderr.indexOf("share")))?.slice(1) ?? [];
    expect(`${first}\n`).toBe(stdout);
    expect(Number(count)).toBeGreaterThan(1);
  });

  it("writes all texts as JSON, which are those of --samples", async () => {
    const voted = JSON.parse((await gpt("generate", ...args, "--json")).stdout);
    const samples = await gpt(
      "generate",
      "Lily saw a",
      "--samples",
      "12",
      "-n",
      "3",
      "--seed",
      "1",
      "--json",
    );
    const texts = samples.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).text);
    expect(voted.samples.map(({ text }: { text: string }) => text)).toEqual(texts);
    expect(voted.winner).toBe(voted.votes[0].answer);
    const total = voted.votes.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
    expect(total).toBeLessThanOrEqual(12);
    expect(voted.samples[1].timings.reused_tokens).toBeGreaterThan(0);
  });
});
