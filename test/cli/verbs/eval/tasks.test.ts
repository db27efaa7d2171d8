import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt } from "../../gpt.ts";

const file = temporaryFolder();
const rows = [
  { question: "What is red?", choices: ["a ball", "the sky"], answer: 0 },
  { question: "What barks?", choices: ["a cat", "a dog"], answer: "a dog" },
  { question: "What is it?", choices: ["a cat", "a dog"], answer: "a bird" },
  { question: "Who?", choices: ["a cat", "dog ".repeat(300)], answer: 0 },
];

describe("gpt eval TASK", () => {
  const data = file("items.jsonl");
  beforeAll(() => writeFileSync(data, rows.map((row) => JSON.stringify(row)).join("\n")));
  const run = (...args: readonly string[]) => gpt("eval", ...args, "--data", data, "-t", "1");

  it("prints scores, and names the items that it left out", async () => {
    const { status, stdout, stderr } = await run("multiple-choice");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^multiple-choice +2 +0 +none +acc +↑ +[\d.]+ +[\d.]+$/m);
    expect(stderr).toContain("1 item malformed: 2; ");
    expect(stderr).toContain("1 item left out: 3; choice 1");
  });

  it("writes results and samples in the shape of lm-evaluation-harness", async () => {
    const [results, samples] = [file("results.json"), file("samples.jsonl")];
    const { stdout } = await run("multiple-choice", "-o", results, "--log-samples", samples, "--json", "-q");
    const found = JSON.parse(readFileSync(results, "utf8"));
    expect(JSON.parse(stdout)).toEqual(found);
    expect(Object.keys(found.results["multiple-choice"])).toContain("acc_norm_stderr,none");
    expect(found["n-samples"]["multiple-choice"]).toEqual({ original: 3, effective: 2 });
    expect(found.manifest.files.map(({ name }: { name: string }) => name)).toContain("model.safetensors");
    const [sample] = readFileSync(samples, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(sample.arguments.gen_args_1).toEqual({
      arg_0: "Question: What is red?\nAnswer:",
      arg_1: " the sky",
    });
    expect(sample.resps).toHaveLength(2);
  });

  it("compares models, and shows an item", async () => {
    const both = await run("multiple-choice", "-m", "stories", "-m", "stories", "-q", "--limit", "1");
    expect(both.stdout.match(/^stories +multiple-choice/gm)).toHaveLength(2);
    const shown = await run("show", "multiple-choice", "--doc", "1", "--shots", "1");
    expect(shown.stdout).toContain("Question: What barks?\nAnswer:\n--\n");
    expect(shown.stdout).toMatch(/^\* 1: \d+ \+ \d+ tokens:/m);
  });

  it.each([
    [["nonsense"], "gpt eval list"],
    [["hellaswag", "--windows", "half"], "no meaning"],
    [["multiple-choice", "--shots", "9"], "9 shots"],
  ])("refuses %j", async (args, problem) => {
    const { status, stderr } = await run(...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(problem)]);
  });
});
