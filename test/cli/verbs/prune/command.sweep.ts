import { existsSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { readTensors } from "../../../train/tensors.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();
const text = file("text.txt");
writeFileSync(text, "Once upon a time there was a little cat. The cat sat on the mat.\n".repeat(4));

describe("gpt prune", () => {
  it("writes a model with zeros, and says how many", async () => {
    const pruned = await inProcess("prune", "-o", file("half"), "--method", "magnitude");
    expect(pruned).toMatchObject({ status: 0, stdout: "" });
    expect(pruned.stderr).toMatch(
      /half: 2,359,296 of 4,718,592 weights of 24 matrices are zero \(50\.0%\), 23\.4 MB\n$/,
    );
  });

  it("reports what it costs, as JSON too", async () => {
    const args = ["--calibrate", text, "--sparsity", "2:4", "--report", text, "--calibrate-windows", "1"];
    const pruned = await inProcess("prune", "-o", file("groups"), ...args, "--json");
    const result = JSON.parse(pruned.stdout);
    expect(result).toMatchObject({ model: "stories", directory: file("groups"), windows: 1 });
    expect(result.matrices).toHaveLength(24);
    expect(result.matrices[0]).toEqual({
      name: "transformer.h.0.attn.c_attn.weight",
      zeros: 98_304,
      weights: 196_608,
    });
    expect(result.divergence).toBeGreaterThan(0);
    const shown = await inProcess("prune", "-o", file("again"), ...args, "-q");
    expect(shown.stdout).toMatch(/^ +stories +pruned\nperplexity/);
  });

  it("trains what is left: zeros stay zeros, and the report has both", async () => {
    const lesson = ["--retrain", text, "--retrain-steps", "4", "--report", text, "--windows", "1"];
    const args = ["--method", "magnitude", ...lesson];
    const pruned = await inProcess("prune", "-o", file("retrained"), ...args, "--json");
    const { matrices, retrained, perplexity, ...before } = JSON.parse(pruned.stdout);
    expect(retrained.losses[1]).toBeLessThan(retrained.losses[0]);
    expect(retrained).toMatchObject({ steps: 4, perplexity });
    expect(retrained.other_perplexity).toBeLessThan(before.other_perplexity);
    const tensors = await readTensors(file("retrained"));
    for (const { name, zeros } of matrices) {
      expect([...(tensors.get(name) ?? [])].filter((value) => value === 0)).toHaveLength(zeros);
    }
    expect(existsSync(file("retrained/optimizer-4.safetensors"))).toBe(false);
  });

  it("trains an adapter beside it", async () => {
    const lesson = ["--retrain", text, "--retrain-steps", "4", "--lora", "2", "--report", text];
    const args = ["--method", "magnitude", ...lesson, "--windows", "1"];
    const pruned = await inProcess("prune", "-o", file("adapted"), ...args);
    expect(pruned.stdout).toMatch(/^ +stories +pruned +retrained\nperplexity.*\nchange/);
    expect(pruned.stderr).toMatch(
      /trained for 4 steps: loss [\d.]+ to [\d.]+ · --adapter .*adapted\/adapter/,
    );
    const adapter = ["--adapter", file("adapted/adapter"), "-n", "2", "--no-stdin"];
    expect((await inProcess("generate", "Once", "-m", file("adapted"), ...adapter)).status).toBe(0);
  });

  const own = ["--sparsity", "0.2", "--calibrate", text, "--calibrate-windows", "1"];

  it("writes a model without layers", async () => {
    const layers = await inProcess("prune", "-o", file("layers"), "--method", "layers", ...own);
    expect(layers.stderr).toMatch(/layers: without layer \d, 20\.3 MB\n$/);
  });

  it("writes a model without heads, which generates", async () => {
    const heads = await inProcess("prune", "-o", file("heads"), "--method", "heads", ...own);
    expect(heads.stderr).toMatch(/heads: without \d+ heads, \d+\.\d MB\n$/);
    const written = await inProcess("generate", "Once", "-m", file("heads"), "-n", "4", "--no-stdin");
    expect(written.status).toBe(0);
  });

  it.each([
    [["--sparsity", "1"], "--sparsity: expected a number above 0 and below 1, or groups such as 2:4, found"],
    [["--sparsity", "4:2"], "--sparsity: expected a number above 0 and below 1, or groups such as 2:4"],
    [["--method", "wanda"], "wanda needs a calibration: give one, or choose magnitude"],
    [["--calibrate-windows", "2"], "give --calibrate TEXT too"],
    [["--windows", "2"], "give --report TEXT too"],
    [["--lora", "2"], "give --retrain TEXT too"],
  ])("refuses %j", async (args, problem) => {
    const refused = await inProcess("prune", "-o", file("none"), ...args);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(problem);
    expect(existsSync(file("none"))).toBe(false);
  });

  it("needs a place, and leaves others' files alone", async () => {
    expect(await inProcess("prune")).toMatchObject({ status: 2, stdout: "" });
    const full = await inProcess("prune", "-o", file(""), "--method", "magnitude");
    expect(full.status).not.toBe(0);
    expect(full.stderr).toContain("choose a new or empty directory");
  });
});
