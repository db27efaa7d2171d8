import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt } from "../../gpt.ts";

const file = temporaryFolder();
const sentence = "Once upon a time there was a little dog. He liked to play with his red ball.\n";

describe("gpt eval perplexity", () => {
  const text = file("text.txt");
  beforeAll(() => writeFileSync(text, sentence.repeat(20)));
  const run = (...args: readonly string[]) => gpt("eval", "perplexity", text, "-t", "1", ...args);

  it("prints perplexities with errors, and the windows", async () => {
    const { status, stdout, stderr } = await run("-c", "32");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^perplexity +[\d.]+ +[\d.]+$/m);
    expect(stdout).toMatch(/^\d+ tokens in \d+ windows: half windows of 32 tokens, no BOS$/m);
  });

  it("goes on with its file, and ends with the same result", async () => {
    const scores = file("scores.jsonl");
    const whole = await run("-c", "32", "-o", scores, "--json");
    const complete = readFileSync(scores, "utf8");
    writeFileSync(scores, complete.split("\n").slice(0, 4).join("\n")); // the last line is cut short
    const again = await run("-c", "32", "-o", scores, "--json");
    expect([again.stdout, readFileSync(scores, "utf8")]).toEqual([whole.stdout, complete]);
    expect(whole.status).toBe(0);
    const other = await run("-c", "16", "-o", scores);
    expect([other.status, other.stderr]).toEqual([2, expect.stringContaining("another run")]);
  });

  it("deals its windows to shards, whose files make the same file and the same result", async () => {
    const [scores, joined] = [file("whole.jsonl"), file("joined.jsonl")];
    const whole = await run("-c", "32", "-o", scores, "--json");
    const parts = [1, 2, 3].map((i) => file(`part-${i}`));
    for (const [i, part] of parts.entries()) {
      const { status, stdout, stderr } = await run("-c", "32", "--shard", `${i + 1}/3`, "-o", part);
      expect([status, stdout, stderr]).toEqual([0, "", expect.stringContaining(`scored shard ${i + 1}/3`)]);
    }
    expect((await gpt("gather", ...parts.toReversed(), "-o", joined)).status).toBe(0);
    const lines = readFileSync(scores, "utf8").split("\n");
    expect(readFileSync(joined, "utf8")).toBe(`${lines.slice(0, -2).join("\n")}\n`);
    const result = await run("-c", "32", "-o", joined, "--json");
    const { manifest: _, ...numbers } = JSON.parse(whole.stdout);
    expect(JSON.parse(result.stdout)).toMatchObject(numbers);
    const other = await run("-c", "32", "--shard", "2/3", "-o", parts[0] ?? "");
    expect([other.status, other.stderr]).toEqual([2, expect.stringContaining("is shard 1/3, not 2/3")]);
  });

  it("compares the model with its quantized form", async () => {
    const { stdout } = await run("-c", "32", "--quant", "q4_0", "--json");
    const { change, compared } = JSON.parse(stdout);
    expect(compared).toBe("q4_0");
    expect(change.divergence.mean.value).toBeGreaterThan(0);
    expect(change.divergence.percentiles.map(({ percent }: { percent: number }) => percent)).toContain(99.9);
  });

  it.each([
    [["-c", "4096"], "1 to 256"],
    [["--stride", "3"], "sliding or strided"],
    [["--shard", "1/2"], "name its file with -o"],
    [["--shard", "1/1000", "-o", file("unwritten")], "take fewer shards"],
    [["--windows", "strided", "-c", "8", "--stride", "9"], "would be skipped"],
    [["--compare", "stories", "--quant", "q8_0"], "not both"],
  ])("refuses %j", async (args, problem) => {
    const { status, stderr } = await run(...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(problem)]);
  });

  it("refuses a text that is too short", async () => {
    writeFileSync(file("short.txt"), "Once");
    const { status, stderr } = await gpt("eval", "perplexity", file("short.txt"));
    expect([status, stderr]).toEqual([2, expect.stringContaining("too short")]);
  });
});
