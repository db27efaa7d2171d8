import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt, gptWith } from "../../gpt.ts";

const folder = temporaryFolder();

describe("gpt tokenize", () => {
  it("shows pieces on one line", async () => {
    const { stdout } = await gpt("tokenize", "--", "-- Hi\n");
    expect(stdout.replaceAll("|", "")).toBe("-- Hi\\n\n");
    expect(stdout).toContain("|");
  });

  it("shows them in colours where it is told to", async () => {
    const { stdout } = await gpt("tokenize", "Hi there\n", "--color", "always");
    expect(stdout).toMatch(/^(\x1b\[[\d;]+m[^\x1b|]+\x1b\[39;49m)+\n$/);
    expect(stdout.replace(/\x1b\[[\d;]+m/g, "")).toBe("Hi there\\n\n");
  });

  it("writes ids and pieces as JSON, bytes where a piece is part of a character", async () => {
    const { stdout } = await gptWith({ input: Buffer.from("a🦙\n") }, "tokenize", "--json");
    const { ids, pieces } = JSON.parse(stdout);
    expect(ids).toHaveLength(pieces.length);
    const bytes = pieces.flatMap((piece: string | number[]) => [...Buffer.from(piece)]);
    expect(Buffer.from(bytes).toString()).toBe("a🦙");
    expect(pieces.some(Array.isArray)).toBe(true);
  });

  it("counts, and lists a token a line", async () => {
    const [ids, count, lines] = await Promise.all(
      ["--ids", "--count", "--pieces"].map((view) => gpt("tokenize", "Once upon a time\n", view)),
    );
    const list = ids?.stdout.trim().split(" ") ?? [];
    expect(count?.stdout).toBe(`${list.length}\n`);
    const rows = lines?.stdout.trimEnd().split("\n") ?? [];
    expect(rows.map((row) => /^ *(\d+)/.exec(row)?.[1])).toEqual(list);
    expect(rows[0]).toMatch(/^ *\d+ +4 {2}"Once"$/);
    expect(rows.at(-1)).toMatch(/^ *\d+ +1 {2}"\\n"$/);
  });

  it.each(["a\n", "\ufeffa\r\n\n", "no end", "\n", "<|endoftext|> é🦙\u0000\n"])(
    "keeps every byte of a file: %j",
    async (text) => {
      const file = folder(`whole-${Buffer.from(text).toString("hex")}.txt`);
      writeFileSync(file, text);
      const ids = await gpt("tokenize", "-f", file, "--ids");
      const { stdout } = await gptWith({ input: Buffer.from(ids.stdout) }, "detokenize");
      expect(stdout).toBe(text);
    },
  );

  it("explains, for people and for programs", async () => {
    const { stdout } = await gpt("tokenize", "hello", "--explain");
    expect(stdout).toMatch(
      /^text +hello\npieces +hello\nids +\d+.*\n\n"hello" → .*\n {2}start +h\|e\|l\|l\|o\n/,
    );
    const { ids, pieces } = JSON.parse((await gpt("tokenize", "hello", "--explain", "--json")).stdout);
    expect(`${ids.join(" ")}\n`).toBe((await gpt("tokenize", "hello", "--ids")).stdout);
    expect(pieces).toMatchObject([{ text: "hello", symbols: ["h", "e", "l", "l", "o"] }]);
  });

  it("writes any of them as JSON", async () => {
    const text = "Once upon a time";
    const views = [[], ["--ids"], ["--pieces"], ["--count"]];
    const [record, ids, pieces, count] = await Promise.all(
      views.map(async (view) => (await gpt("tokenize", text, "--json", ...view)).stdout),
    );
    expect([ids, pieces]).toEqual([record, record]);
    expect(count).toBe(`{"count":${JSON.parse(record ?? "").ids.length}}\n`);
  });

  it("takes control tokens for text unless told otherwise", async () => {
    const text = "a<|endoftext|>";
    expect((await gpt("tokenize", text, "--parse-special", "--pieces")).stdout).toMatch(
      /\n +0 +13 {2}"<\|endoftext\|>"\n$/,
    );
    expect(Number((await gpt("tokenize", text, "--count")).stdout)).toBeGreaterThan(2);
  });

  it("reads all of a file", async () => {
    const file = folder("text.txt");
    writeFileSync(file, "one\ntwo\n\n");
    const fromFile = await gpt("tokenize", "-f", file, "--ids");
    expect(fromFile.stdout).toBe((await gpt("tokenize", "--ids", "one\ntwo\n\n")).stdout);
    expect(await gpt("tokenize", "-f", folder("none.txt"))).toMatchObject({ status: 3, stdout: "" });
  });

  it("refuses two answers at once, and no text", async () => {
    expect(await gpt("tokenize", "a", "--ids", "--count")).toEqual({
      status: 2,
      stdout: "",
      stderr: "gpt: --ids and --count are two answers: choose one\n",
    });
    expect(await gpt("tokenize", "a", "--explain", "--pieces")).toMatchObject({ status: 2 });
    expect(await gpt("tokenize")).toMatchObject({ status: 2, stdout: "" });
  });

  it("says where a model has no tokenizer", async () => {
    const { status, stderr } = await gpt("tokenize", "a", "-m", folder());
    expect(status).toBe(3);
    expect(stderr).toMatch(/^gpt: .*holds no tokenizer: expected tokenizer\.json.*\n$/);
  });
});
