import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt, gptWith } from "../../gpt.ts";

const path = temporaryFolder();

beforeAll(() => {
  writeFileSync(path("a b.txt"), "the cat sat on the mat, the cat sat\n<|endoftext|>\n".repeat(9));
  writeFileSync(path("c.jsonl"), '{"prompt": "the cat? ", "completion": "the mat"}\n');
});

describe("gpt tokenizer train", () => {
  it("writes a tokenizer that the other verbs take", async () => {
    const files = [path("a b.txt"), path("c.jsonl")];
    const special = ["--special", "<|im_start|>"];
    const trained = await gpt(
      "tokenizer",
      "train",
      ...files,
      "-o",
      path("out"),
      "--vocab-size",
      "270",
      ...special,
    );
    expect(trained).toMatchObject({ status: 0, stdout: "" });
    expect(trained.stderr).toMatch(/out: 270 tokens; from \d+ bytes in/);
    expect(readdirSync(path("out"))).toHaveLength(5);

    const ids = await gpt(
      "tokenize",
      "-m",
      path("out"),
      "--ids",
      "--parse-special",
      "<|endoftext|><|im_start|>",
    );
    expect(ids.stdout).toBe("0 1\n");
  });

  it("takes standard input, and says what it did in JSON", async () => {
    const trained = await gptWith(
      { input: Buffer.from("ab ab ab") },
      "tokenizer",
      "train",
      "-o",
      path("piped"),
      "--json",
    );
    expect(JSON.parse(trained.stdout)).toMatchObject({
      directory: path("piped"),
      tokens: 259,
      merges: 2,
      bytes: 8,
    });
  });

  it.each([
    [["train"], /no text is given/],
    [["train", "a b.txt"], /-o DIRECTORY/],
    [["train", "a b.txt", "-o", "bad", "-m", "x"], /--model has no meaning for gpt tokenizer train/],
    [["train", "a b.txt", "-o", "bad", "--pattern", "gpt9"], /--pattern: expected gpt2, cl100k/],
    [["train", "a b.txt", "-o", "bad", "--vocab-size", "256"], /vocabulary size 256: expected 257/],
    [["train", "none.txt", "-o", "bad"], /none\.txt: there is no such file/],
    [[], /gpt tokenizer train, or gpt tokenizer stats/],
  ])("refuses %j", async (args, message) => {
    const placed = args.map((arg) => (/^(a b|none)\.txt$|^bad$/.test(arg) ? path(arg) : arg));
    const refused = await gpt("tokenizer", ...placed);
    expect(refused.status).toBeGreaterThan(0);
    expect(refused.stderr).toMatch(message);
    expect(existsSync(path("bad"))).toBe(false);
  });
});

describe("gpt tokenizer stats", () => {
  it("says how many bytes a token has, and how much of the vocabulary occurs", async () => {
    await gpt("tokenizer", "train", path("a b.txt"), "-o", path("stats"));
    const shown = await gpt("tokenizer", "stats", path("a b.txt"), "-m", path("stats"));
    expect(shown.stdout).toMatch(/^text +315 bytes\ntokens +\d+, \d\.\d+ bytes each\nvocabulary .* occur, /);
    expect(shown.stdout).toMatch(/comes back +unchanged/);
    const { stdout } = await gpt("tokenizer", "stats", path("a b.txt"), "-m", path("stats"), "--json");
    const json = JSON.parse(stdout);
    expect(json.bytes).toBe(315);
    expect(json.bytes_per_token).toBe(json.bytes / json.tokens);
  });
});
