import { describe, expect, it } from "vitest";
import { gpt } from "../gpt.ts";

describe("gpt bench", () => {
  it("measures the prompt and generation", async () => {
    const small = ["-p", "16", "-n", "4", "-r", "3", "-t", "1"];
    const { status, stdout, stderr } = await gpt("bench", "--json", ...small);
    expect([status, stderr]).toEqual([0, ""]);
    const { results, ...facts } = JSON.parse(stdout);
    expect(facts).toEqual({ model: "stories-gpt2", simd: expect.any(String), threads: 1 });
    expect(results.map(({ test }: { test: string }) => test)).toEqual(["pp16", "tg4"]);
    for (const { tokens_per_second, deviation, runs } of results) {
      expect(runs).toHaveLength(3);
      expect(tokens_per_second).toBeGreaterThan(Math.min(...runs) - 1e-9);
      expect(tokens_per_second).toBeLessThan(Math.max(...runs) + 1e-9);
      expect(deviation).toBeGreaterThanOrEqual(0);
    }
    expect((await gpt("bench", ...small)).stdout).toMatch(
      /^stories-gpt2, .*\n\ntest +tokens\/s\npp16 +[\d.,]+ +± +[\d.,]+\ntg4 /,
    );
  });

  it.each([
    ["n-prompt", ["-p", "300"]],
    ["n-gen", ["-n", "300", "-p", "4"]],
  ])("says what the context leaves for --%s before it measures", async (flag, args) => {
    expect(await gpt("bench", ...args)).toEqual({
      status: 2,
      stdout: "",
      stderr: `gpt: --${flag}: expected at most the context (-c), 256 tokens, found 300\n`,
    });
  });
});
