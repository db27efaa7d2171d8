import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt, gptWith } from "../../gpt.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();
const prompts = file("prompts.txt");
const batch = ["generate", "--lines", "-f", prompts, "-n", "3", "-s", "1", "-t", "1", "-q"];

beforeAll(() => {
  const lines = ["Once", "The dog", "", "A cat sat", "Tom and Mia", "In the sun", "She said"];
  writeFileSync(prompts, lines.join("\n"));
});

describe("gpt gather", () => {
  it.each([1, 2, 7, 9])("makes of %d shards the bytes of one run", async (count) => {
    const one = file(`one-${count}.jsonl`);
    await inProcess(...batch, "-o", one);
    const parts = [];
    for (let i = 1; i <= count; i++) {
      const part = file(`${i}-of-${count}.jsonl`);
      parts.unshift(part);
      const { status, stderr } = await inProcess(...batch, "--shard", `${i}/${count}`, "-o", part);
      expect([status, stderr]).toEqual([0, ""]);
    }
    const whole = file(`whole-${count}.jsonl`);
    const { status, stdout, stderr } = await inProcess("gather", ...parts, "-o", whole);
    expect([status, stdout]).toEqual([0, ""]);
    expect(stderr).toMatch(new RegExp(`^.*whole-${count}.jsonl: .* of ${count} parts?\n$`));
    expect(readFileSync(whole)).toEqual(readFileSync(one));
    expect((await inProcess("gather", ...parts)).stdout).toBe(readFileSync(one, "utf8"));
  });

  it("refuses a part that another run goes on with, and to write over a part", async () => {
    const [first, second] = [file("first.jsonl"), file("second.jsonl")];
    await inProcess(...batch, "--shard", "1/2", "-o", first);
    const other = await inProcess(...batch, "--shard", "2/2", "--resume", first);
    expect([other.status, other.stderr]).toEqual([2, expect.stringContaining("is shard 1/2, not 2/2")]);
    await inProcess(...batch, "--shard", "2/2", "-o", second);
    const over = await inProcess("gather", first, second, "-o", first);
    expect([over.status, over.stderr]).toEqual([2, expect.stringContaining("is what is read")]);
  });

  it("goes on where a scheduler stopped a shard: the lines at hand are finished", async () => {
    const [whole, part, rest] = [file("uncut.jsonl"), file("cut.jsonl"), file("rest.jsonl")];
    const long = [
      ...batch.slice(0, -1),
      "-n",
      "150",
      "--ignore-eos",
      "--overflow",
      "shift",
      "--parallel",
      "1",
    ];
    await gpt(...long, "-q", "-o", whole);
    const shard = [...long, "--shard", "1/2", "--resume", part];
    const statuses = [];
    for (const signal of ["SIGTERM", "SIGUSR1"] as const) {
      const { status } = await gptWith({ signal, after: 500 }, ...shard);
      statuses.push(status ?? "before it listened");
      if (existsSync(part)) expect(readFileSync(part, "utf8")).toMatch(/^$|\n$/);
    }
    const [terminated, warned] = statuses;
    expect([143, 0, "before it listened"]).toContain(terminated);
    expect([138, 0, "before it listened"]).toContain(warned);
    expect((await gpt(...shard)).status).toBe(0);
    await gpt(...long, "-q", "--shard", "2/2", "-o", rest);
    expect((await gpt("gather", part, rest)).stdout).toBe(readFileSync(whole, "utf8"));
  }, 120_000);
});

describe("gpt --shard", () => {
  it.each([
    [["generate", "x", "--shard", "1/2"], "--shard is for many lines: give --lines or --jsonl too"],
    [["generate", "--lines", "--shard", "1/2"], "name it with --file"],
    [["generate", "--lines", "-f", "/dev/null", "--shard", "1/2"], "is no file"],
    [["embed", "--lines", "-f", prompts, "--shard", "1/2", "--similarity"], "which need all of them"],
    [["eval", "copa", "--shard", "1/2"], "name its file with -o"],
    [["generate", "--lines", "-f", prompts, "--shard", "3/2"], "--shard: expected I/N with I from 1 to N"],
  ])("%j: %s", async (args, problem) => {
    const { status, stdout, stderr } = await inProcess(...args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(problem);
  });
});
