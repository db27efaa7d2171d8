import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt, gptWith } from "../../gpt.ts";

const file = temporaryFolder();

const words = ["the", "cat", "saw", "a", "dog", "and", "ran", "home", "then", "it", "slept"];
const story = (i: number) =>
  Array.from({ length: 60 }, (_, k) => words[(i * 7 + k * k) % words.length]).join(" ");
const data = file("stories.txt");
writeFileSync(data, Array.from({ length: 120 }, (_, i) => `${story(i)}.\n<|endoftext|>\n`).join(""));

const sizes = ["--layers", "1", "--heads", "2", "--width", "16", "--context", "32", "--vocab-size", "300"];
const numbers = ["--batch", "2", "--dropout", "0.1", "--eval-windows", "4", "--sample-every", "0", "-t", "1"];
const train = (out: string, ...more: readonly string[]) =>
  ["train", data, "-o", file(out), ...sizes, ...numbers, ...more] as const;

const weights = (out: string) => readFileSync(file(out, "last", "model.safetensors"));
const steps = (out: string) =>
  readFileSync(file(out, "metrics.jsonl"), "utf8").match(/"train"/g)?.length ?? 0;

describe("gpt train", () => {
  it("lists presets", async () => {
    const { status, stdout, stderr } = await gpt("train", "--presets");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^preset +layers/);
  });

  it("leaves a model that gpt generate runs, its card, curves and metrics, and nothing on standard output", async () => {
    const { status, stdout, stderr } = await gpt(...train("whole", "--steps", "12"));
    expect([status, stdout]).toEqual([0, ""]);
    expect(stderr).toMatch(/12 steps in .* best validation loss/);
    for (const name of ["model.safetensors", "tokenizer.json", "README.md", "loss.svg", "train.json"]) {
      expect(existsSync(file("whole", name))).toBe(true);
    }
    const generated = await gpt("generate", "-m", file("whole"), "the cat", "-n", "5");
    expect(generated.status).toBe(0);
  });

  it("goes on after kill -9 and after Ctrl-C, and ends with the same weights", async () => {
    const killed = await gptWith(
      { signal: "SIGKILL", when: /step 6/ },
      ...train("killed", "--steps", "12", "--eval-every", "2"),
    );
    expect(killed.status).toBeNull();
    const stopped = await gptWith(
      { signal: "SIGINT", when: /step 4/ },
      ...train("stopped", "--steps", "12", "--eval-every", "2"),
    );
    expect(stopped.status).toBe(130);
    expect(stopped.stderr).toMatch(/stopped after step \d+; gpt train --resume \S+ goes on\n$/);
    for (const out of ["killed", "stopped"]) {
      const { status, stderr } = await gpt("train", "--resume", file(out));
      expect([status, stderr]).toEqual([0, expect.stringContaining("12 steps in")]);
      expect(weights(out).equals(weights("whole"))).toBe(true);
      expect(steps(out)).toBe(12);
    }
  });

  it("trains a model further", async () => {
    const more = ["--init", file("whole"), "--steps", "3", ...numbers];
    const { status, stderr } = await gpt("train", data, "-o", file("further"), ...more);
    expect([status, stderr]).toEqual([0, expect.stringContaining("3 steps in")]);
  });

  it("trains a GGUF file further into the same directory, and takes its tokenizer", async () => {
    const gguf = file("whole.gguf");
    expect((await gpt("quantize", file("whole"), "-o", gguf, "--type", "f32")).status).toBe(0);
    const from = ["--init", gguf, "--steps", "3", ...numbers];
    expect((await gpt("train", data, "-o", file("from-gguf"), ...from)).status).toBe(0);
    expect(weights("from-gguf").equals(weights("further"))).toBe(true);
    const [found, wanted] = ["from-gguf", "whole"].map((name) =>
      readFileSync(file(name, "tokenizer.json"), "utf8"),
    );
    expect(JSON.parse(found ?? "").model.vocab).toEqual(JSON.parse(wanted ?? "").model.vocab);
    const made = ["--tokenizer", gguf, "--steps", "1", "--layers", "1", "--heads", "1", "--width", "8"];
    const { status, stderr } = await gpt("train", data, "-o", file("new"), "--context", "16", ...made);
    expect([status, stderr]).toEqual([0, expect.stringContaining("1 step")]);
  });

  it("trains an adapter for a model, goes on with it after kill -9, and says how to use it", async () => {
    const lora = ["--lora", "2", "--lora-dropout", "0.1", "--lora-targets", "c_attn,mlp.c_proj"];
    const adapt = (out: string, ...more: readonly string[]) =>
      ["train", data, "-o", file(out), "--init", file("whole"), ...lora, ...numbers, ...more] as const;
    const whole = await gpt(...adapt("adapter", "--steps", "12"));
    expect([whole.status, whole.stdout]).toEqual([0, ""]);
    expect(whole.stderr).toContain(`gpt generate -m ${file("whole")} --adapter ${file("adapter")}\n`);
    const names = readdirSync(file("adapter")).filter((name) => name.includes("."));
    expect(names.sort()).toEqual([
      "README.md",
      "adapter_config.json",
      "adapter_model.safetensors",
      "loss.svg",
      "metrics.jsonl",
      "train.json",
    ]);
    const config = JSON.parse(readFileSync(file("adapter", "adapter_config.json"), "utf8"));
    expect(config).toMatchObject({ r: 2, target_modules: ["c_attn", "mlp.c_proj"] });
    const use = ["generate", "-m", file("whole"), "--adapter", file("adapter"), "the cat", "-n", "5"];
    expect((await gpt(...use)).status).toBe(0);

    const killed = await gptWith(
      { signal: "SIGKILL", when: /step 6/ },
      ...adapt("killed-adapter", "--steps", "12", "--eval-every", "2"),
    );
    expect(killed.status).toBeNull();
    expect(existsSync(file("killed-adapter", "last"))).toBe(true);
    const half = file("killed-adapter", "data", ".gpt-0123.tmp");
    writeFileSync(half, "half-written");
    const resumed = await gpt("train", "--resume", file("killed-adapter"));
    expect([resumed.status, resumed.stderr]).toEqual([0, expect.stringContaining("12 steps in")]);
    expect(existsSync(half)).toBe(false);
    const adapter = (out: string) => readFileSync(file(out, "last", "adapter_model.safetensors"));
    expect(adapter("killed-adapter").equals(adapter("adapter"))).toBe(true);
  });

  it("says that training has diverged, and keeps the last model that was saved", async () => {
    const { status, stderr } = await gpt(
      ...train("diverged", "--steps", "12", "--lr", "1e9", "--eval-every", "2"),
    );
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^gpt: training has diverged: .* begin again with/m),
    ]);
    expect(stderr).toContain(`\n${file("diverged")} keeps the model of step 0\n`);
    expect((await gpt("generate", "-m", file("diverged"), "the cat", "-n", "5")).status).toBe(0);
  });

  it("runs once in a directory: a second process names the first, which goes on", async () => {
    const first = gptWith({}, ...train("locked", "--steps", "100000", "--eval-every", "20", "-v"));
    while (!existsSync(file("locked", "last", "model.safetensors"))) await setTimeout(50);
    const others = await Promise.all([gpt(...train("locked")), gpt("train", "--resume", file("locked"))]);
    const [owner] = others.map(({ stderr }) => Number(/by process (\d+)/.exec(stderr)?.[1]));
    expect(owner).toBeGreaterThan(0);
    process.kill(owner as number, "SIGINT");
    for (const { status, stderr } of others) {
      expect([status, stderr]).toEqual([2, expect.stringMatching(/is being written by process \d+: wait/)]);
    }
    const { status, stderr } = await first;
    expect([status, stderr]).toEqual([
      130,
      expect.stringMatching(/stopped after step \d+; gpt train --resume/),
    ]);
    const lines = readFileSync(file("locked", "metrics.jsonl"), "utf8").trim().split("\n");
    const records = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === "train");
    expect(records.map(({ step }) => step)).toEqual(records.map((_, i) => i + 1));
  });

  it("leaves other people's files as they are, and no trace of a run that cannot begin", async () => {
    const project = file("project");
    mkdirSync(project);
    writeFileSync(join(project, "README.md"), "# My project");
    const taken = await gpt(...train("project", "--steps", "2"));
    expect([taken.status, taken.stderr]).toEqual([
      2,
      `gpt: ${join(project, "README.md")} is there already: choose another directory\n`,
    ]);
    expect(readdirSync(project)).toEqual(["README.md"]);
    const start = performance.now();
    const missing = await gpt("train", file("none.txt"), "-o", file("missing"));
    expect([missing.status, missing.stderr]).toEqual([
      3,
      expect.stringContaining("none.txt: there is no such"),
    ]);
    expect(performance.now() - start).toBeLessThan(10_000);
    writeFileSync(file("short.txt"), "a few words");
    const short = await gpt("train", file("short.txt"), "-o", file("short"), ...sizes, "--steps", "1");
    expect([short.status, short.stderr]).toEqual([4, expect.stringContaining("tokens make no window")]);
    expect([existsSync(file("missing")), existsSync(file("short"))]).toEqual([false, false]);
  });

  it("refuses wrong requests in one line", async () => {
    writeFileSync(file("empty.txt"), "");
    const refused = async (...args: readonly string[]) => {
      const { status, stderr } = await gpt("train", ...args);
      return [status, stderr];
    };
    expect(await refused(data)).toEqual([2, "gpt: where to? -o DIRECTORY says it\n"]);
    expect(await refused(data, "-o", file("whole"))).toEqual([
      2,
      expect.stringContaining("holds a run already"),
    ]);
    expect(await refused(file("empty.txt"), "-o", file("none"), "--steps", "1", ...sizes)).toEqual([
      4,
      expect.stringContaining("no text to train on"),
    ]);
    for (const weight of ["typo", "typo*"]) {
      expect(await refused(...train("again", "--steps", "1", "--freeze", weight).slice(1))).toEqual([
        2,
        expect.stringContaining(`freeze: no weight is named "${weight}"`),
      ]);
    }
    expect(await refused("--resume", file("whole"), "--batch", "9")).toEqual([
      2,
      expect.stringContaining("--batch was decided when the run began"),
    ]);
  });
});
