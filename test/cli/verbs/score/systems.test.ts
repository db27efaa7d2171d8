import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();
const RIGHT = ["The dog bit the man.", "It was not unexpected.", "The man bit him first."];
const SYSTEM = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."];
const OTHER = ["A dog bit a man.", "It was not unexpected.", "The man bit him before."];

beforeAll(() => {
  for (const [name, lines] of Object.entries({ right: RIGHT, system: SYSTEM, other: OTHER })) {
    writeFileSync(file(name), lines.map((line) => `${line}\n`).join(""));
  }
});

describe("gpt score", () => {
  it.each([
    "bleu",
    "chrf",
    "chrf++",
    "ter",
    "rouge",
    "rouge1",
    "rouge2",
    "rougeL",
    "rougeLsum",
    "exact",
    "f1",
    "wer",
    "cer",
  ])("%s of the right texts themselves is the best score", async (metric) => {
    const { status, stdout } = await inProcess("score", metric, file("right"), file("right"), "--json");
    const scores = stdout
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { score: number }).score);
    const best = /ter|wer|cer/.test(metric) ? 0 : metric.startsWith("rouge") ? 1 : 100;
    expect(status).toBe(0);
    for (const score of scores) expect(score).toBeCloseTo(best, 9);
  });

  it("compares systems by resampling, with a row for each", async () => {
    const files = [file("system"), file("right"), "--system", file("other")];
    for (const test of [
      ["--bootstrap", "100"],
      ["--randomization", "100"],
    ]) {
      const { status, stdout } = await inProcess("score", "bleu", ...files, ...test, "--seed", "1");
      expect(status).toBe(0);
      expect(stdout).toContain("system");
      expect(stdout).toContain("other");
      expect(stdout).toMatch(/p\b/);
    }
  });

  it("names files whose lines do not pair, and a metric that is none", async () => {
    writeFileSync(file("short"), "one\n");
    const short = await inProcess("score", "bleu", file("short"), file("right"));
    expect([short.status, short.stderr]).toEqual([
      expect.any(Number),
      expect.stringMatching(/^gpt: .*short/m),
    ]);
    expect(short.status).toBeGreaterThan(0);
    const unknown = await inProcess("score", "blue", file("right"), file("right"));
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining("bleu")]);
  });
});
