import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gpt, gptWith, shell } from "./gpt.ts";

const text = 'Tom said: "Hi!" 🦙 né 漢字\n\n  שלום\ttab';

describe.concurrent("gpt tokenize and detokenize", () => {
  it("give back every byte of a text", async () => {
    const { stdout: ids } = await gpt("tokenize", "--ids", text);
    expect(ids).toMatch(/^\d+( \d+)*\n$/);
    expect(await gptWith({ input: Buffer.from(ids) }, "detokenize")).toEqual({
      status: 0,
      stdout: text,
      stderr: "",
    });
    expect((await gpt("detokenize", ...ids.split(" "))).stdout).toBe(text);
  });

  it("show pieces on one line", async () => {
    const { stdout } = await gpt("tokenize", "--", "-- Hi\n");
    expect(stdout.replaceAll("|", "")).toBe("-- Hi\\n\n");
    expect(stdout).toContain("|");
  });

  it("write ids and pieces as JSON, bytes where a piece is part of a character", async () => {
    const { stdout } = await gptWith({ input: Buffer.from("a🦙\n") }, "tokenize", "--json");
    const { ids, pieces } = JSON.parse(stdout);
    expect(ids).toHaveLength(pieces.length);
    const bytes = pieces.flatMap((piece: string | number[]) => [...Buffer.from(piece)]);
    expect(Buffer.from(bytes).toString()).toBe("a🦙");
    expect(pieces.some(Array.isArray)).toBe(true);
  });

  it("write the bytes of half a character", async () => {
    const { stdout: ids } = await gpt("tokenize", "--ids", "🦙");
    const first = ids.split(" ")[0];
    const hex = await shell(`gpt detokenize ${first} | od -An -tx1`);
    expect(hex.stdout.trim()).toMatch(/^f0( [89ab][0-9a-f])*$/);
  });

  it("refuse what is no id", async () => {
    expect(await gpt("detokenize", "1", "two")).toMatchObject({
      status: 2,
      stderr: 'gpt: expected token ids such as 1,2,3, found "two"\n',
    });
    expect(await gpt("detokenize", "999999")).toMatchObject({ status: 2, stdout: "" });
  });
});

describe.concurrent("gpt inspect", () => {
  const directory = mkdtempSync(join(tmpdir(), "gpt-inspect-"));
  const config = join(directory, "config.json");
  const gpt3 = { n_layer: 96, n_head: 96, n_embd: 12288, n_positions: 2048, vocab_size: 50257 };
  beforeAll(() => writeFileSync(config, JSON.stringify(gpt3)));
  afterAll(() => rmSync(directory, { recursive: true }));

  it("counts GPT-3 from its config", async () => {
    const { status, stdout } = await gpt("inspect", config);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^config\.json: gpt2, 175B parameters\n/);
    expect(stdout).toMatch(/token embedding +617,558,016/);
    expect(JSON.parse((await gpt("inspect", config, "--json")).stdout)).toMatchObject({
      family: "gpt2",
      n_layer: 96,
      parameters: { token_embedding: 617_558_016, total: 174_604_259_328 },
      memory: { weights_f32_bytes: 4 * 174_604_259_328, weights_stored_bytes: null },
    });
  });

  it("shows the embedded model", async () => {
    const { stdout } = await gpt("inspect", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      model: "stories-gpt2",
      format: "huggingface",
      family: "gpt2",
      parameters: { head: 0, total: 3_505_152 },
      memory: { stored_dtypes: ["F16"], context_size: 256 },
    });
  });
});

describe("gpt bench", () => {
  it("measures the prompt and generation", async () => {
    const small = ["-p", "16", "-n", "4", "-r", "3", "-t", "1"];
    const { status, stdout, stderr } = await gpt("bench", "--json", ...small);
    expect([status, stderr]).toEqual([0, ""]);
    const { results, ...facts } = JSON.parse(stdout);
    expect(facts).toEqual({ model: "stories-gpt2", simd: expect.any(String), threads: 1 });
    expect(results.map(({ test }: { test: string }) => test)).toEqual(["pp16", "tg4"]);
    for (const { tokens_per_second, deviation, runs } of results) {
      expect(runs).toHaveLength(3);
      expect(tokens_per_second).toBeGreaterThan(Math.min(...runs) - 1e-9);
      expect(tokens_per_second).toBeLessThan(Math.max(...runs) + 1e-9);
      expect(deviation).toBeGreaterThanOrEqual(0);
    }
    expect((await gpt("bench", ...small)).stdout).toMatch(
      /^stories-gpt2, .*\n\ntest +tokens\/s\npp16 +[\d.,]+ +± +[\d.,]+\ntg4 /,
    );
  });
});
