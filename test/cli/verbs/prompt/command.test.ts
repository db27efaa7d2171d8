import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt, gptWith } from "../../gpt.ts";

const path = temporaryFolder();

describe("gpt prompt", () => {
  it("lists names, and shows one as a file that runs", async () => {
    expect((await gpt("prompt", "list")).stdout).toMatch(/^sentiment +4 examples +Whether/m);
    const { stdout } = await gpt("prompt", "show", "sentiment");
    writeFileSync(path("own.json"), stdout);
    expect((await gpt("prompt", "show", path("own.json"))).stdout).toBe(stdout);
    const args = ["A lovely day", "--seed", "1", "--json"];
    const named = JSON.parse((await gpt("prompt", "run", "sentiment", ...args)).stdout);
    const own = JSON.parse((await gpt("prompt", "run", path("own.json"), ...args)).stdout);
    expect(own).toMatchObject({ text: named.text, prompt_ids: named.prompt_ids });
    expect(named.ids.length).toBeLessThanOrEqual(5);
  });

  it("reads its text from a pipe, and typed flags count more than the template", async () => {
    const args = ["prompt", "run", "answer", "--seed", "1", "--echo", "-q", "-n", "1"];
    const { stdout } = await gptWith({ input: Buffer.from("Who {stdin}?\n") }, ...args);
    expect(stdout).toMatch(/^Question: What is[\s\S]*Question: Who \{stdin\}\?\nAnswer:/);
    const { stdout: json } = await gptWith(
      { input: Buffer.from("Who?") },
      ...args.filter((arg) => arg !== "--echo"),
      "--json",
    );
    expect(JSON.parse(json).ids).toHaveLength(1);
  });

  it.each([
    [[], "try gpt prompt list"],
    [["run", "none", "x"], "there is no prompt 'none': expected translate, "],
    [["run", "answer", "x", "--cot"], "--cot has no meaning for gpt prompt"],
    [["run", "answer", "--lines"], "one input at a time"],
  ])("%j is refused", async (args, message) => {
    const { status, stderr } = await gpt("prompt", ...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
