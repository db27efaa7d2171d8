import { describe, expect, it } from "vitest";
import { inProcess } from "../../in-process.ts";

describe("gpt choose", () => {
  it("shows the likeliest first, and probabilities that add up to 1", async () => {
    const { stdout } = await inProcess("choose", "The sun is", "--choices", "cold,hot");
    expect(stdout.split("\n").map((line) => line.split(" ")[0])).toEqual(["choice", "hot", "cold", ""]);
    const { stdout: json } = await inProcess("choose", "The sun is", "--choices", "cold,hot", "--json");
    const { choice, choices } = JSON.parse(json);
    expect(choice).toBe("hot");
    expect(choices.map(({ text }: { text: string }) => text)).toEqual(["cold", "hot"]);
    const [cold, hot] = choices;
    expect(cold.probability + hot.probability).toBeCloseTo(1, 12);
    expect(Math.log(hot.probability / cold.probability)).toBeCloseTo(hot.logprob - cold.logprob, 9);
  });

  it("its exit status is that of an if", async () => {
    const quiet = ["--exit-code", "-q"];
    expect(await inProcess("choose", "The sun is", "--choices", "hot,cold", ...quiet)).toMatchObject({
      status: 0,
      stdout: "",
    });
    expect(await inProcess("choose", "The sun is", "--choices", "cold,hot", ...quiet)).toMatchObject({
      status: 1,
      stdout: "",
    });
  });

  it.each([
    [["--choices", "hot"], "expected two different texts or more"],
    [["--choices", "hot,hot"], "expected two different texts or more"],
    [[], "expected two different texts or more"],
    [["--choices", "a,,b"], "--choices: expected texts with commas between them"],
    [["--choices", "a,b", "-q", "--json"], "--quiet writes nothing"],
  ])("%j is refused", async (flags, problem) => {
    const { status, stderr } = await inProcess("choose", "The sun is", ...flags);
    expect([status, stderr]).toEqual([2, expect.stringContaining(problem)]);
  });
});
