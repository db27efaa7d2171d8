import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../../shared.ts";
import { gpt, gptWith } from "../../gpt.ts";

const model = shared("models/golden/bert-embed");
const file = temporaryFolder();

const { cases, cosine } = (() => {
  try {
    return JSON.parse(readFileSync(`${model}/expected.json`, "utf8"));
  } catch {
    return { cases: [], cosine: [] };
  }
})() as { cases: { text: string; ids: number[]; embedding: number[] }[]; cosine: number[][] };
const texts = cases.slice(0, 3).map(({ text }) => text);

const near = (found: readonly number[], expected: readonly number[]) =>
  found.length === expected.length &&
  found.every((value, i) => Math.abs(value - (expected[i] ?? NaN)) < 1e-4);

describeWithShared("gpt embed", () => {
  it("writes the numbers of the reference, as text and as JSON", async () => {
    const plain = await gpt("embed", "-m", model, ...texts);
    const json = await gpt("embed", "-m", model, "--json", ...texts);
    const rows = plain.stdout
      .trim()
      .split("\n")
      .map((line) => line.split(" ").map(Number));
    const records = json.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect([plain.status, json.status, plain.stderr + json.stderr]).toEqual([0, 0, ""]);
    for (const [i, { embedding, ids }] of cases.slice(0, 3).entries()) {
      expect(near(rows[i] ?? [], embedding)).toBe(true);
      expect(records[i]).toEqual({ embedding: rows[i], tokens: ids.length });
    }
  });

  it("writes vectors of lines to a file of NumPy", async () => {
    const npy = file("vectors.npy");
    const input = Buffer.from(`${texts.join("\n")}\n`);
    expect(await gptWith({ input }, "embed", "-m", model, "--lines", "--npy", npy, "-q")).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
    const bytes = readFileSync(npy);
    const end = 10 + bytes.readUInt16LE(8);
    expect(end % 64).toBe(0);
    expect(bytes.subarray(0, 8).toString("latin1")).toBe("\x93NUMPY\x01\x00");
    expect(bytes.subarray(10, end).toString().trimEnd()).toBe(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 32), }",
    );
    const numbers = new Float32Array(new Uint8Array(bytes.subarray(end)).buffer);
    expect(
      near(
        [...numbers],
        cases.slice(0, 3).flatMap(({ embedding }) => embedding),
      ),
    ).toBe(true);
  });

  it("writes the cosines of all pairs", async () => {
    const { stdout } = await gpt("embed", "-m", model, "--similarity", "--json", ...texts);
    const expected = cosine.slice(0, 3).flatMap((row) => row.slice(0, 3));
    expect(near(JSON.parse(stdout).cosine.flat(), expected)).toBe(true);
  });

  it("finds the nearest lines", async () => {
    const lines = file("lines.txt");
    writeFileSync(lines, texts.map((text) => `${text}\n`).join(""));
    const found = await gpt(
      "embed",
      "-m",
      model,
      "--search",
      texts[1] ?? "",
      "-f",
      lines,
      "-k",
      "2",
      "--json",
    );
    const [first, second] = found.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(first).toEqual({ line: 2, text: texts[1], score: 1 });
    expect(second.score).toBeCloseTo(Math.max(cosine[1]?.[0] ?? 0, cosine[1]?.[2] ?? 0), 4);
  });

  it("reads with the encoder of an encoder with a decoder", async () => {
    const { stdout } = await gpt("embed", "-m", shared("models/golden/t5"), "a text", "--json");
    const { embedding, tokens } = JSON.parse(stdout);
    expect([embedding.every(Number.isFinite), embedding.length, tokens > 0]).toEqual([true, 32, true]);
  });

  it("pools the last token of a language model", async () => {
    const { stdout } = await gpt("embed", "-m", shared("models/stories-gpt2"), "Once upon", "--json");
    const { embedding, tokens } = JSON.parse(stdout);
    expect([embedding.length > 0, tokens]).toEqual([true, 2]);
  });

  it.each([
    [["--prompt-name", "query"], 'has no prompt "query": it has none'],
    [["--top", "3"], "--top goes with --search"],
    [["--similarity", "--search", "x"], "give --search or --similarity, not both"],
    [["--npy", "x.npy", "--similarity"], "--npy writes vectors: not with --search or --similarity"],
  ])("refuses %j", async (args, message) => {
    const { status, stderr } = await gpt("embed", "-m", model, "a text", ...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
