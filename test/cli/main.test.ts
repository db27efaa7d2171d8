import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { flagsOf } from "../../src/cli/verb.ts";
import { verbs } from "../../src/cli/verbs.ts";
import { gpt, gptWith, shell } from "./gpt.ts";

const wrong = (message: string, status = 2) => ({ status, stdout: "", stderr: `gpt: ${message}\n` });

const directory = mkdtempSync(join(tmpdir(), "gpt-main-"));
afterAll(() => rmSync(directory, { recursive: true }));

describe("gpt", () => {
  it("shows help where it is asked for, and on standard error where it is needed", async () => {
    const asked = await gpt("--help");
    expect(asked).toMatchObject({ status: 0, stderr: "" });
    expect(asked.stdout).toMatch(/^gpt <command> \[flags\]\n\n.*\n\n\$ gpt generate "Once upon a time"\n/);
    expect(await gpt()).toEqual({ status: 2, stdout: "", stderr: asked.stdout });
    const verb = await gpt("help", "generate");
    expect(verb).toMatchObject({ status: 0, stderr: "" });
    expect(verb.stdout).toMatch(/-n, --max-tokens .*\[128\]/);
    expect(verb.stdout).toMatch(/-h, --help/);
  });

  it("explains more than commands", async () => {
    const { stdout } = await gpt("--help");
    for (const topic of ["environment", "exit-codes"]) expect(stdout).toContain(`gpt help ${topic}`);
    expect((await gpt("help")).stdout).toBe(stdout);
    expect((await gpt("help", "exit-codes")).stdout).toMatch(/\n3 +a model.*\n(.*\n)*130 +stopped by Ctrl-C/);
    const { stdout: environment } = await gpt("help", "environment");
    expect(environment).toContain("GPT_TOP_K=20");
    for (const flags of await flagsOf(verbs)) {
      for (const [name, { inherited = true }] of Object.entries(flags)) {
        if (!inherited) expect(environment).toMatch(new RegExp(`--${name}\\b`));
      }
    }
    expect(await gpt("help", "exitcodes")).toEqual(
      wrong('no help on "exitcodes"; did you mean gpt help exit-codes?'),
    );
    expect(await gpt("--config=x")).toEqual(wrong("which command? gpt --help lists them"));
  });

  it("answers the commands of other tools with its own", async () => {
    expect((await gpt("ls")).stderr).toContain('unknown command "ls"; here it is gpt models');
    expect((await gpt("run")).stderr).toContain("here it is gpt chat");
  });

  it("says in one line that its working directory is gone", async () => {
    const gone = wrong("the working directory is gone: change to one that is there", 3);
    const verbs = [
      "generate Once",
      "tokenize x",
      "inspect",
      "models",
      "train --presets",
      "bench",
      "completion bash",
    ];
    for (const verb of verbs) {
      expect(await shell(`cd "$(mktemp -d)"; rmdir "$PWD"; gpt ${verb}`), verb).toEqual(gone);
    }
    expect(await shell(`cd "$(mktemp -d)"; rmdir "$PWD"; gpt --help`)).toMatchObject({
      status: 0,
      stderr: "",
    });
  });

  it("refuses values that no model could use, with the flag's name", async () => {
    for (const [flag, value] of [
      ["--frequency-penalty", "-1e308"],
      ["--repeat-penalty", "1e-308"],
      ["--adapter", "x:1e300"],
    ] as const) {
      const { status, stderr } = await gpt("generate", "x", "-m", "nowhere", flag, value);
      expect([status, stderr.split(":", 2).join(":")]).toEqual([2, `gpt: ${flag}`]);
    }
    const names = ["--logit-bias", "5000+1"];
    expect((await gpt("generate", "x", ...names)).stderr).toMatch(/^gpt: --logit-bias names token 5000: /);
    expect(await gpt("generate", "x", "-c", "100000")).toEqual(
      wrong("--ctx-size 100000: this model takes a whole number from 1 to 256"),
    );
  });

  it("shows the version", async () => {
    expect(await gpt("--version")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it("refuses what it does not know, with a suggestion", async () => {
    expect(await gpt("generate", "x", "--temprature", "1")).toEqual(
      wrong("unknown flag --temprature: did you mean --temperature?"),
    );
    expect(await gpt("tokenise", "x")).toEqual(
      wrong('unknown command "tokenise"; did you mean gpt tokenize?'),
    );
  });

  it("refuses values before it loads anything", async () => {
    const generate = (...flags: string[]) => gpt("generate", "x", "-m", "nowhere", ...flags);
    expect(await generate("--temp", "warm")).toEqual(wrong('--temp: expected a number, found "warm"'));
    expect(await generate("--top-p", "2")).toEqual(wrong("--top-p: expected a number from 0 to 1, found 2"));
  });

  it("takes flags from the environment and a config file, and says where a wrong one is", async () => {
    const config = join(directory, "my.json");
    writeFileSync(config, JSON.stringify({ seed: 1, max_tokens: 1, json: true, threads: 1, repetitions: 2 }));
    const seed = async (env: Record<string, string>, ...args: string[]) => {
      const { status, stdout } = await gptWith({ env }, "generate", "Once", "--config", config, ...args);
      expect(status).toBe(0);
      return JSON.parse(stdout).seed;
    };
    expect(await seed({})).toBe(1);
    expect(await seed({ GPT_SEED: "2", GPT_CONFIG: "nowhere" })).toBe(2);
    expect(await seed({ GPT_SEED: "2" }, "-s", "3")).toBe(3);

    const wrongly = (env: Record<string, string>) => gptWith({ env }, "generate", "x", "-m", "nowhere");
    expect(await wrongly({ GPT_SIMD: "sse" })).toEqual(
      wrong('GPT_SIMD: expected auto, plain, relaxed, found "sse"'),
    );
    expect(await wrongly({ GPT_QUIET: "x" })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^gpt: GPT_QUIET: expected 1/),
    });
    writeFileSync(config, JSON.stringify({ temp: "warm" }));
    expect(await wrongly({ GPT_CONFIG: config })).toEqual(
      wrong(`${config}: temp: expected a number, found "warm"`),
    );
    expect(await gptWith({ env: { GPT_SIMD: "sse", GPT_QUIET: "x" } }, "generate", "--help")).toMatchObject({
      status: 0,
      stderr: "",
    });
  });

  it("lets flags of the environment and a config file give way to what is typed", async () => {
    const exported = {
      GPT_TEMP: "0.7",
      GPT_LENGTH_PENALTY: "2",
      GPT_LOGPROBS: "2",
      GPT_SAMPLES: "2",
      GPT_NO_STREAM: "1",
      GPT_IDS: "1",
      GPT_JSON: "1",
    };
    const short = ["-n", "2", "-t", "1"];
    const config = join(directory, "temp.json");
    writeFileSync(config, JSON.stringify({ "top-p": 0.5, seed: 1 }));
    const [searched, drawn, counted, batch] = await Promise.all([
      gptWith({ env: exported }, "generate", "Once", ...short, "--beams", "2", "--config", config),
      gptWith(
        { env: { ...exported, GPT_JSON: "", GPT_BEAMS: "3" } },
        "generate",
        "Once",
        ...short,
        "--top-k",
        "4",
      ),
      gptWith({ env: exported }, "tokenize", "Once", "--count"),
      gptWith({ env: exported, input: Buffer.from("Once") }, "generate", "--lines", ...short),
    ]);
    expect(searched).toMatchObject({ status: 0, stderr: "" });
    expect(searched.stdout).toMatch(/^\{.*"score":.*\}\n$/);
    expect(drawn).toMatchObject({ status: 0, stdout: expect.stringContaining("\n---\n"), stderr: "" });
    expect(counted).toEqual({ status: 0, stdout: '{"count":1}\n', stderr: "" });
    expect(batch).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\{.*\}\n$/), stderr: "" });
    expect(await gpt("generate", "Once", ...short, "--beams", "2", "--temp", "0.7")).toEqual(
      wrong("--temp 0.7 does not go with --beams 2: leave it out, or set --beams to 1"),
    );
  });

  it("names the line and column where a config file is no JSON", async () => {
    const config = join(directory, "broken.json");
    writeFileSync(config, '{\n  "temp": 0.7,\n}\n');
    expect(await gpt("generate", "Once", "--config", config)).toEqual(
      wrong(`${config}: line 3, column 1: expected a name in double quotes, found "}"`),
    );
  });

  it("reads standard input where the text is -", async () => {
    const input = Buffer.from("Once upon");
    expect(await gptWith({ input }, "tokenize", "-")).toEqual(await gpt("tokenize", "Once upon"));
    expect(await gptWith({ input }, "tokenize", "--", "-")).toMatchObject({ status: 0, stdout: "-\n" });
    const args = ["-n", "1", "--temp", "0", "--echo"];
    const { stdout } = await gptWith({ input }, "generate", "-", ...args);
    expect(stdout).toMatch(/^Once upon/);
    expect(await gptWith({ input }, "generate", "-p", "-", ...args)).toMatchObject({ stdout });
  });

  it("tells by its status what went wrong", async () => {
    const missing = await gpt("generate", "x", "-m", "nowhere");
    expect(missing).toMatchObject({
      status: 3,
      stdout: "",
      stderr: expect.stringMatching(/^gpt: no model "nowhere".*\n$/),
    });
    const corrupt = await gpt("inspect", "package.json");
    expect(corrupt).toMatchObject({
      status: 4,
      stdout: "",
      stderr: expect.stringMatching(/^gpt: package.json: .*\n$/),
    });
    const traced = await gptWith({}, "generate", "x", "-m", "nowhere", "--debug");
    expect(traced.stderr).toMatch(/^gpt: no model "nowhere".*\nGptError: .*\n {4}at find/);
    expect(await gptWith({ env: { GPT_DEBUG: "1" } }, "generate", "x", "-m", "nowhere")).toEqual(traced);
  });

  it("says nothing about its threads, however many", async () => {
    const said = join(directory, "said.txt");
    expect(await shell(`gpt generate Once -n 1 -t 12 2> ${said}`)).toMatchObject({ status: 0 });
    expect(readFileSync(said, "utf8")).toBe("");
  });

  it("sends standard output nothing when it fails to write there", async () => {
    expect(await shell("gpt --help > /dev/full")).toMatchObject({ status: 5, stdout: "" });
    expect(await shell("gpt --help | head -c 10")).toEqual({ status: 0, stdout: "gpt <comma", stderr: "" });
  });
});

it("gpt --help and --version load no package: those take longer than all of it", () => {
  const bundle = new URL("../../dist/bundle/", import.meta.url);
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (chunk: string) => {
    if (seen.has(chunk)) return;
    seen.add(chunk);
    const code = readFileSync(new URL(chunk, bundle), "utf8");
    for (const [, name = ""] of code.matchAll(/\b(?:import|from)\s*"([^"]+)"/g)) {
      if (name.startsWith("./")) visit(name);
      else if (!name.startsWith("node:")) packages.add(name);
    }
  };
  visit("./main.js");
  expect([...packages]).toEqual([]);
  expect(seen.size).toBeGreaterThan(3);
});
