import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();
const sizes = ["--layers", "1", "--heads", "2", "--width", "16", "--context", "32", "--vocab-size", "300"];
const numbers = ["--batch", "2", "--sample-every", "0", "--eval-windows", "2", "-t", "1"];
const outer = (folder: string) => ["--outer-dir", file(folder), "--inner-steps", "2", "--wait", "0.01"];

beforeAll(() => {
  const story = "the cat saw a dog and the dog saw the cat. a cat is a cat.\n<|endoftext|>\n";
  writeFileSync(file("texts.txt"), story.repeat(60));
  const prompt = (i: number) => `${JSON.stringify({ prompt: `the cat ${i}`, answer: i })}\n`;
  writeFileSync(file("prompts.jsonl"), Array.from({ length: 8 }, (_, i) => prompt(i)).join(""));
});

const train = (out: string, ...more: readonly string[]) =>
  inProcess("train", file("texts.txt"), "-o", file(out), ...sizes, ...numbers, ...more);

describe("gpt train --replica", { timeout: 120_000 }, () => {
  it("takes outer steps, says so, and goes on with more steps", async () => {
    const first = await train("one", "--steps", "4", "--replica", "1/1", ...outer("meeting"));
    expect([first.status, first.stderr]).toEqual([0, expect.stringContaining("outer step 2: 1 change\n")]);
    const saved = JSON.parse(readFileSync(file("one", "train.json"), "utf8"));
    expect(saved).toMatchObject({ replica: "1/1", "inner-steps": "2" });
    expect((await inProcess("train", "--resume", file("one"), "--steps", "6")).stderr).toContain(
      "outer step 3",
    );
    expect(readdirSync(file("meeting"))).toContain("outer-3.safetensors");
    expect(readFileSync(file("one", "README.md"), "utf8")).toContain("1 of 1, an outer step every 2 steps");
  });

  it("trains adapters and policies by the same door", async () => {
    const base = ["--init", file("one"), "--steps", "2", ...numbers, "--valid-fraction", "0", "-q"];
    const second = ["--replica", "2/2"];
    const lora = await inProcess(
      ...["train", file("texts.txt"), "-o", file("lora"), ...base, "--lora", "2", ...second],
      ...outer("adapters"),
    );
    expect([lora.status, lora.stderr]).toEqual([0, ""]);
    expect(readFileSync(file("adapters", "outer-1.safetensors")).includes("lora_A")).toBe(true);
    const grpo = await inProcess(
      ...[
        "train",
        file("prompts.jsonl"),
        "-o",
        file("grpo"),
        ...base,
        "--task",
        "grpo",
        "--reward",
        "length:1",
      ],
      ...["--generations", "2", "--response-tokens", "4", "--updates", "2", ...second],
      ...outer("policies"),
    );
    expect([grpo.status, grpo.stderr]).toEqual([0, ""]);
    expect(readFileSync(file("policies", "outer-1.safetensors")).includes('"steps":"2"')).toBe(true);
  });

  it.each([
    [["--replica", "1/2"], "--outer-dir says in which"],
    [["--outer-lr", "0.5"], "give --replica"],
    [["--replica", "1/2", "--outer-dir", "x"], "give --steps or --epochs"],
    [["--replica", "1/2", "--outer-dir", "x", "--minutes", "1"], "give --steps or --epochs"],
    [["--replica", "3/2", "--outer-dir", "x", "--steps", "2"], "expected I/N"],
  ])("%j is refused", async (flags, problem) => {
    const { status, stderr } = await train("refused", ...flags);
    expect([status, stderr]).toEqual([2, expect.stringContaining(problem)]);
    expect(existsSync(file("refused", "train.json"))).toBe(false);
  });
});
