import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt } from "../../gpt.ts";

const file = temporaryFolder();

describe("gpt bench", () => {
  const small = ["-p", "16,8", "-n", "4", "-r", "3", "-t", "1,2"];

  it("measures prompts and generation on numbers of threads", async () => {
    const { status, stdout, stderr } = await gpt("bench", "--json", ...small);
    expect([status, stderr]).toEqual([0, ""]);
    const { results, ...facts } = JSON.parse(stdout);
    expect(facts).toEqual({
      model: "stories",
      size_bytes: expect.any(Number),
      parameters: expect.any(Number),
      weights: "F16",
      kv_cache: "f32",
      simd: expect.any(String),
      products: expect.stringMatching(/^(words|pairs|dots)$/),
    });
    expect(facts.size_bytes).toBeGreaterThan(2 * facts.parameters);
    expect(facts.size_bytes).toBeLessThan(2.1 * facts.parameters);
    const names = results.map(({ test, threads }: { test: string; threads: number }) => `${test} ${threads}`);
    expect(names).toEqual(["pp16 1", "pp16 2", "pp8 1", "pp8 2", "tg4 1", "tg4 2"]);
    for (const { tokens_per_second, deviation, runs } of results) {
      expect(runs).toHaveLength(3);
      expect(tokens_per_second).toBeGreaterThan(Math.min(...runs) - 1e-9);
      expect(tokens_per_second).toBeLessThan(Math.max(...runs) + 1e-9);
      expect(deviation).toBeGreaterThanOrEqual(0);
    }
  });

  it("writes what llama-bench writes", async () => {
    const { stdout } = await gpt("bench", "-p", "8", "-n", "0", "-r", "1", "-t", "1", "--no-warmup");
    const [head, rule, row] = stdout.split("\n");
    expect(head).toMatch(
      /^\| model +\| +size \| +params \| weights \| cache \| build +\| products \| threads \| test +\| +t\/s \|$/,
    );
    expect(rule).toMatch(/^\| -+ \| -+: \| /);
    expect(row).toMatch(
      /^\| stories \| [\d.]+ MB \| +[\d.]+M \| F16 +\| f32 +\| \w+ +\| \w+ +\| +1 \| pp8 +\| +[\d.,]+ ± 0 \|$/,
    );
    const csv = await gpt("bench", "-p", "8", "-n", "2", "-r", "1", "-o", "csv");
    expect(csv.stdout.split("\n").map((line) => line.split(",").length)).toEqual([14, 14, 14, 1]);
  });

  it("measures behind a text", async () => {
    const { stdout } = await gpt("bench", "-p", "8", "-n", "4", "-d", "0,32", "-r", "1", "-t", "1", "--json");
    const results: readonly { test: string; n_depth: number; runs: readonly number[] }[] =
      JSON.parse(stdout).results;
    expect(results.map(({ test, n_depth }) => [test, n_depth])).toEqual([
      ["pp8", 0],
      ["tg4", 0],
      ["pp8 @ d32", 32],
      ["tg4 @ d32", 32],
    ]);
    expect(results.every(({ runs }) => runs.length === 1 && Number(runs[0]) > 0)).toBe(true);
    expect(await gpt("bench", "-p", "8", "-n", "0", "-d", "250")).toEqual({
      status: 2,
      stdout: "",
      stderr: "gpt: --n-depth: expected at most the context (-c), 256 tokens, found 250 with pp8 behind\n",
    });
  });

  it.each([
    ["n-prompt", ["-p", "16,300"]],
    ["n-gen", ["-n", "300", "-p", "4"]],
  ])("says what the context leaves for --%s before it measures", async (flag, args) => {
    expect(await gpt("bench", ...args)).toEqual({
      status: 2,
      stdout: "",
      stderr: `gpt: --${flag}: expected at most the context (-c), 256 tokens, found 300\n`,
    });
  });

  it.each([
    [["--baseline", "x"], "--baseline has no meaning for gpt bench without kernels"],
    [["kernels", "-p", "4"], "--n-prompt has no meaning for gpt bench kernels"],
    [["kernels", "--fail-over", "1%"], "--fail-over needs --baseline FILE, which it is measured against"],
    [["-o", "csv", "--json"], "--json is not -o csv: choose one"],
    [["models"], 'what: expected kernels, or nothing (-m names a model), found "models"'],
    [["-p", "0", "-n", "0"], "-p 0 and -n 0 leave nothing to measure: leave one of them out"],
  ])("refuses %j", async (args, problem) => {
    const { status, stdout, stderr } = await gpt("bench", ...args);
    expect([status, stdout, stderr]).toEqual([2, "", expect.stringContaining(problem)]);
  });
});

describe("gpt bench kernels", () => {
  const few = ["kernels", "rms-norm", "-t", "1", "-r", "1", "--simd", "plain"];

  it("writes a line for every kernel, or all as JSON, which a later run is held against", async () => {
    const { status, stdout, stderr } = await gpt("bench", ...few);
    expect([status, stderr]).toEqual([0, ""]);
    const [head, , norm, gradient] = stdout.split("\n");
    expect(head).toMatch(/^\| kernel +\| size +\| unit \| share of \| +scalar \| +plain x1 \| max error \|$/);
    expect(norm).toMatch(
      /^\| rms-norm +\| 144 x 768 \| GB\/s \| copy +\| +[\d.]+ \| +[\d.,]+ \(\d+%\) \| +\de-\d+|/,
    );
    expect(gradient).toContain("rms-norm-gradient");

    const { kernels } = JSON.parse((await gpt("bench", ...few, "--json")).stdout);
    expect(kernels[0]).toMatchObject({ kernel: "rms-norm", unit: "B", limit: "copy" });
    for (const [share, status, said] of [
      [1e6, 1, /^behind the baseline: rms-norm plain on 1 thread -100%\n$/],
      [1e-6, 0, /^$/],
    ] as const) {
      kernels[0].measurements[1].share = share;
      const path = file("before.json");
      writeFileSync(path, JSON.stringify({ kernels: kernels.slice(0, 1) }));
      const judged = await gpt("bench", ...few, "--baseline", path, "--fail-over", "50%");
      expect([judged.status, judged.stderr]).toEqual([status, expect.stringMatching(said)]);
      expect(judged.stdout).toMatch(/max error \| +change \|\n/);
    }
  });

  it("says where a baseline holds nothing of what was measured", async () => {
    const path = file("empty.json");
    writeFileSync(path, '{"kernels": []}');
    const { status, stderr } = await gpt("bench", ...few, "--baseline", path);
    const problem = "expected a baseline of these kernels, builds and threads, found none of them";
    expect([status, stderr]).toEqual([2, `gpt: ${path}: ${problem}\n`]);
  });
});
