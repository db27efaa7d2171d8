import { expect, it } from "vitest";
import { describeWithShared, shared } from "../../../shared.ts";
import { inProcess } from "../../in-process.ts";

describeWithShared("the text part of a model that also sees", () => {
  it.each(["gemma3", "mistral3", "qwen3_5"])("%s is named with -v", async (name) => {
    const args = ["-m", shared(`models/golden/${name}`), "--ids", "1,2", "-n", "1", "--seed", "1"];
    const { status, stderr } = await inProcess("generate", ...args, "-v");
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining(`model ${name} is the text part of ${name}\n`),
    ]);
    expect((await inProcess("generate", ...args)).stderr).toBe("");
  });
});
