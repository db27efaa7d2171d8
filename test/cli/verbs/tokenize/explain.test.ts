import { describe, expect, it } from "vitest";
import { styleFor } from "../../../../src/cli/terminal/style.ts";
import { explainText } from "../../../../src/cli/verbs/tokenize/explain.ts";
import { findModel } from "../../../../src/hub/find-model.ts";
import { explanationRecord } from "../../../../src/library/explanation.ts";
import { loadTokenizer, type PipelineTokenizer } from "../../../../src/tokenizer/index.ts";
import { byteLevelParts, directoryWith, tokenizerJson } from "../../../tokenizer/fixtures.ts";

const plain = styleFor({}, "never");

async function tokenizer(): Promise<PipelineTokenizer> {
  const tokens = [..."abcdĠĊ", "ab", "abc", "Ġab"];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const json = tokenizerJson(
    { vocab, merges: ["a b", "Ġ ab", "ab c"] },
    {
      ...byteLevelParts,
      normalizer: { type: "Lowercase" },
      added_tokens: [{ id: 50, content: "<end>", special: true }],
    },
  );
  return (await loadTokenizer(await directoryWith({ "tokenizer.json": json }))) as PipelineTokenizer;
}

async function explained(text: string, parseSpecial = false): Promise<string> {
  const made = await tokenizer();
  return explainText(text, made.explain(text, { parseSpecial }), made, plain);
}

describe("--explain", () => {
  it("shows every step, of each different piece once", async () => {
    expect(await explained("ABC ab ab")).toBe(
      [
        "text        ABC ab ab",
        "normalized  abc ab ab",
        "pieces      abc| ab| ab",
        "ids         7 8 8",
        "",
        '"abc" → 7',
        "  start                 a|b|c",
        "  rank 0  a + b → ab    ab|c",
        "  rank 2  ab + c → abc  abc",
        "",
        '" ab" (2 times) → 8',
        "  start                 Ġ|a|b",
        "  rank 0  a + b → ab    Ġ|ab",
        "  rank 1  Ġ + ab → Ġab  Ġab",
        "",
      ].join("\n"),
    );
  });

  it("shows tokens that were cut out, and no normalization where it changes nothing", async () => {
    expect(await explained("d<end>\n", true)).toBe(
      ["text    d<end>\\n", "pieces  d|<end>|\\n", "ids     3 50 5", "", '"d" → 3', "", '"\\n" → 5', ""].join(
        "\n",
      ),
    );
  });

  it("shows the beginning of a long piece", async () => {
    const text = await explained("ab".repeat(20_000));
    const start = text.split("\n").find((line) => line.startsWith("  start"));
    expect(start?.trim().split(/ +/, 2)[1]).toBe(`${"a|b|".repeat(12)}…`);
    expect(start).toMatch(/… and 39,976 more$/);
    expect(text.match(/rank 0 {2}a \+ b → ab\n/g)).toHaveLength(20_000);
    expect(text.length).toBeLessThan(1_000_000);
  });

  it("says where nothing of a piece is in the vocabulary", async () => {
    expect(await explained("zz")).toContain('"zz" → nothing\n');
  });

  it("leaves the states of a long piece out", async () => {
    const lines = (await explained("ab".repeat(50))).split("\n");
    expect(lines.filter((line) => line.includes("rank 0"))).toHaveLength(50);
    expect(lines.find((line) => line.includes("rank 0"))).toBe("  rank 0  a + b → ab");
  });

  it("writes a record for programs", async () => {
    const made = await tokenizer();
    expect(explanationRecord("ab<end>", made.explain("ab<end>", { parseSpecial: true }), made)).toEqual({
      text: "ab<end>",
      normalized: "ab<end>",
      parts: [
        { text: "ab", pieces: ["ab"] },
        { token: "<end>", id: 50 },
      ],
      pieces: [
        {
          text: "ab",
          count: 1,
          symbols: ["a", "b"],
          merges: [{ rank: 0, score: undefined, at: 0, left: "a", right: "b", result: "ab" }],
          ids: [6],
        },
      ],
      ids: [6, 50],
    });
  });

  it("takes long texts and long pieces", async () => {
    const embedded = (await loadTokenizer(findModel())) as PipelineTokenizer;
    const text = `${"a".repeat(20_000)} ${"the cat ".repeat(5_000)}`;
    const shown = explainText(text, embedded.explain(text), embedded, plain);
    expect(shown).toContain('" cat" (5000 times) → ');
    expect(shown.length).toBeLessThan(5_000_000);
  });
});
