import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt } from "../../gpt.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();

function machineFile(more: object = {}): string {
  const path = file("machine.json");
  const machine = {
    name: "a laptop",
    cores: 4,
    memory_bytes: 16e9,
    read_bytes_per_second: 20e9,
    flops_per_second: 1e11,
  };
  writeFileSync(path, JSON.stringify({ ...machine, ...more }));
  return path;
}

describe("gpt plan", () => {
  it("tells memory, speed and what limits it", async () => {
    const { status, stdout, stderr } = await gpt(
      "plan",
      "--machine",
      machineFile(),
      "-t",
      "1,4",
      "--machines",
      "3",
    );
    expect([status, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n");
    expect(lines[0]).toBe("stories: gpt2, 5.85M parameters");
    expect(lines).toContain("machine     a laptop, 4 cores, 16.0 GB of memory");
    expect(stdout).toMatch(/^ {2}cache for 256 tokens +3\.15 MB$/m);
    expect(stdout).toMatch(/^ {2}together +82\.0 MB {2}of 16\.0 GB: room for [\d,]+ texts of this length$/m);
    expect(stdout).toMatch(/^ {2}3 machines, 4 threads, 8 texts +[\d,]+ +[\d,]+ {2}\S.* +[\d,]+ {2}\S/m);
    expect(stdout.match(/^ {2}3 machines/gm)).toHaveLength(4);
  });

  it("says that a model does not fit", async () => {
    const { stdout } = await gpt("plan", "--machine", machineFile({ memory_bytes: 50e6 }));
    expect(stdout).toMatch(/together +82\.0 MB {2}of 50\.0 MB: it does not fit$/m);
  });

  it("divides a model that does not fit over stages", async () => {
    const small = ["plan", "--machine", machineFile({ memory_bytes: 81e6 }), "-t", "4", "--sequences", "4"];
    const { stdout } = await inProcess(...small, "--stages", "2", "--machines", "4");
    expect(stdout).toMatch(/^ {2}together +82\.0 MB$/m);
    expect(stdout).toMatch(
      /^ {2}on one machine at most +7\d\.\d MB {2}of 81\.0 MB: room for \d+ texts? of this length$/m,
    );
    expect(stdout).toMatch(/^ {2}4 machines, 2 stages, 4 threads, 4 texts +[\d,]+/m);
    const odd = await inProcess(...small, "--stages", "2", "--machines", "3");
    expect([odd.status, odd.stderr]).toEqual([2, expect.stringContaining("give a multiple of --stages")]);
  });

  it("writes the same as JSON", async () => {
    const { stdout } = await gpt(
      "plan",
      "--machine",
      machineFile(),
      "-t",
      "2",
      "--sequences",
      "1",
      "-p",
      "64",
      "--json",
    );
    const { expected, memory, machine, ...facts } = JSON.parse(stdout);
    expect(facts).toMatchObject({
      model: "stories",
      family: "gpt2",
      context_size: 256,
      n_prompt: 64,
      n_gen: 128,
    });
    expect(machine).toMatchObject({ name: "a laptop", read_bytes_per_second: { one: 20e9, all: 20e9 } });
    expect(memory.total_bytes).toBe(memory.weight_bytes + memory.cache_bytes + memory.work_bytes);
    expect(expected).toEqual([
      {
        machines: 1,
        stages: 1,
        threads: 2,
        sequences: 1,
        prompt_rate: expect.any(Number),
        generation_rate: expect.any(Number),
        deep_rate: expect.any(Number),
        limit: "weights",
        deep_limit: "weights",
      },
    ]);
  });

  it("measures this machine and keeps what it measured", async () => {
    const path = file("measured.json");
    const saved = await gpt("plan", "--save-machine", path, "-t", "1", "--json");
    expect([saved.status, saved.stderr]).toEqual([0, ""]);
    const { machine } = JSON.parse(saved.stdout);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(machine);
    const shares = ["matmul-f16-row", "matmul-f16", "attention-f32-row", "attention-f32"];
    expect(Object.keys(machine.shares).sort()).toEqual(shares.sort());
    const again = await gpt("plan", "--machine", path, "-t", "1", "--json");
    expect(again.stdout).toBe(saved.stdout);
  });

  it.each([
    [["-p", "300"], "--n-prompt: expected at most the context (-c), 256 tokens, found 300"],
    [
      ["--type", "q4_k", "--quant", "q4_0"],
      "--quant is a type in memory, --type one of a file, which memory keeps: leave one of them out",
    ],
    [
      ["--simd", "plain"],
      "--simd chooses the kernels to measure, --machine FILE measures nothing: leave one of them out",
    ],
  ])("refuses %s", async (args, problem) => {
    expect(await gpt("plan", "--machine", machineFile(), ...args)).toEqual({
      status: 2,
      stdout: "",
      stderr: `gpt: ${problem}\n`,
    });
  });

  it("does not measure what it cannot save", async () => {
    const path = file("missing/machine.json");
    const { status, stdout } = await gpt("plan", "--save-machine", path);
    expect([status, stdout, existsSync(path)]).toEqual([3, "", false]);
  });
});
