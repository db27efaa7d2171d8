import { describe, expect, it } from "vitest";
import { gpt, gptWith, shell } from "./gpt.ts";

const wrong = (message: string, status = 2) => ({ status, stdout: "", stderr: `gpt: ${message}\n` });

describe.concurrent("gpt", () => {
  it("shows help where it is asked for, and on standard error where it is needed", async () => {
    const asked = await gpt("--help");
    expect(asked).toMatchObject({ status: 0, stderr: "" });
    expect(asked.stdout).toMatch(/^gpt <command> \[flags\]\n\n.*\n\n\$ gpt generate "Once upon a time"\n/);
    expect(await gpt()).toEqual({ status: 2, stdout: "", stderr: asked.stdout });
    const verb = await gpt("help", "generate");
    expect(verb).toMatchObject({ status: 0, stderr: "" });
    expect(verb.stdout).toMatch(/-n, --max-tokens .*\[128\]/);
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
    expect(await generate("--top-p", "2")).toEqual(
      wrong("--top-p: topP must be a number above 0 and at most 1, found 2"),
    );
    expect(await gptWith({ env: { GPT_SIMD: "sse" } }, "generate", "x")).toEqual(
      wrong('GPT_SIMD: expected auto, plain, relaxed, found "sse"'),
    );
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
    const traced = await gpt("generate", "x", "-m", "nowhere", "--debug");
    expect(traced.stderr).toMatch(/^gpt: no model "nowhere".*\nGptError: .*\n {4}at findModel /);
  });

  it("sends standard output nothing when it fails to write there", async () => {
    expect(await shell("gpt --help > /dev/full")).toMatchObject({ status: 5, stdout: "" });
    expect(await shell("gpt --help | head -c 10")).toEqual({ status: 0, stdout: "gpt <comma", stderr: "" });
  });
});
