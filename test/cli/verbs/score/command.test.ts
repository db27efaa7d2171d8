import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt, gptWith } from "../../gpt.ts";

const path = temporaryFolder();
const hypotheses = "The dog bit the man.\nIt wasn't surprising.\nThe man had just bitten him.\n";

beforeAll(() => {
  writeFileSync(path("h.txt"), hypotheses);
  writeFileSync(path("r1.txt"), "The dog bit the man.\r\nIt was not unexpected.\r\nThe man bit him first.");
  writeFileSync(
    path("r2.txt"),
    "The dog had bit the man.\nNo one was surprised.\nThe man had bitten the dog.\n",
  );
  writeFileSync(path("two.txt"), "a\nb\n");
  writeFileSync(path("empty.txt"), "");
  writeFileSync(path("h.jsonl"), '"one.\\ntwo."\n"x"\n');
  writeFileSync(path("r.jsonl"), '["two.\\none.", "one.\\nthree."]\nnull\n');
});

describe("gpt score", () => {
  it("prints sacreBLEU's line of its README's example", async () => {
    const { stdout, stderr, status } = await gpt(
      "score",
      "bleu",
      path("h.txt"),
      path("r1.txt"),
      path("r2.txt"),
      "--width",
      "2",
    );
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^BLEU\|nrefs:2\|case:mixed\|eff:no\|tok:13a\|smooth:exp\|version:gpt-simd-[\d.]+ = /,
    );
    const line = "48.53 82.4/50.0/45.5/37.5 (BP = 0.943 ratio = 0.944 hyp_len = 17 ref_len = 18)\n";
    expect(stdout.split(" = ").slice(1).join(" = ")).toBe(line);
  });

  it("reads standard input, and prints the number alone", async () => {
    const args = ["score", "chrf++", "-", path("r1.txt"), "--score-only", "--width", "4"];
    const { stdout } = await gptWith({ input: Buffer.from(hypotheses) }, ...args);
    expect(stdout).toMatch(/^\d+\.\d{4}\n$/);
    const file = await gpt("score", "chrf++", path("h.txt"), path("r1.txt"), "--score-only", "--width", "4");
    expect(stdout).toBe(file.stdout);
  });

  it("writes one line of JSON for each score", async () => {
    const { stdout } = await gpt("score", "rouge", path("h.txt"), path("r1.txt"), "--stem", "--json");
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ metric }) => metric)).toEqual(["rouge1", "rouge2", "rougeL", "rougeLsum"]);
    expect(Object.keys(lines[0])).toEqual(["system", "metric", "score", "precision", "recall", "signature"]);
  });

  it("compares systems with the first", async () => {
    const files = [path("h.txt"), path("r1.txt"), "--system", path("r2.txt")];
    const { stdout } = await gpt("score", "ter", ...files, "--bootstrap", "100", "--json");
    const [first, second] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(first).toMatchObject({ system: path("h.txt"), metric: "TER" });
    expect(first).not.toHaveProperty("p_value");
    expect(second.p_value).toBeGreaterThan(0);
    expect(second.signature).toContain("nrefs:1|bs:100|seed:12345|case:lc");
    const table = await gpt("score", "bleu", ...files, "--randomization", "100");
    expect(table.stdout).toMatch(/^system +BLEU\n\S+h.txt +45.1\n\S+r2.txt +\d+\.\d \(p = 0\.\d{4}\)/);
    expect(table.stdout).toContain("\nBLEU|nrefs:1|ar:100|seed:12345|");
  });

  it("scores single lines", async () => {
    const { stdout } = await gpt(
      "score",
      "wer",
      path("h.txt"),
      path("r1.txt"),
      "--sentences",
      "--score-only",
    );
    expect(stdout).toBe("0.0000\n0.7500\n0.8000\n");
    const bleu = await gpt("score", "bleu", path("h.txt"), path("r1.txt"), "--sentences", "--json");
    const first = JSON.parse(bleu.stdout.split("\n")[0] ?? "");
    expect(first.line).toBe(1);
    expect(first.score).toBeCloseTo(100, 9);
    expect(bleu.stdout).toContain("eff:yes");
  });

  it("takes lines of JSON, with line feeds and several references or none", async () => {
    const { stdout } = await gpt("score", "rougeLsum", path("h.jsonl"), path("r.jsonl"), "--score-only");
    expect(stdout).toBe("1.0000\n");
    const lines = await gpt("score", "bleu", path("h.jsonl"), path("r.jsonl"));
    expect(lines.stdout).toContain("|nrefs:var|");
  });

  it.each([
    [[], 2, "no metric: try gpt score bleu"],
    [["blue", "h.txt", "r1.txt"], 2, "expected bleu, chrf"],
    [["bleu", "h.txt"], 2, "no references"],
    [["bleu", "h.txt", "two.txt"], 4, "h.txt has 3 lines, "],
    [["bleu", "empty.txt", "empty.txt"], 4, "empty.txt: has no lines to score"],
    [["bleu", "h.txt", "none.txt"], 3, "there is no such file"],
    [["bleu", "h.txt", "r1.txt", "--stem"], 2, "--stem has no meaning for gpt score bleu"],
    [["bleu", "h.txt", "r1.txt", "--smooth-value", "1"], 2, "--smooth-value is for --smooth floor"],
    [["bleu", "h.txt", "r1.txt", "--randomization", "9"], 2, "give --system FILE"],
    [["bleu", "r.jsonl", "h.jsonl"], 4, "r.jsonl, line 1: has 2 texts"],
    [
      ["bleu", "two.txt", "h.jsonl", "--sentences", "--bootstrap", "99"],
      2,
      "--sentences scores single lines",
    ],
  ] as const)("%j is refused in one line", async (args, expected, message) => {
    const { status, stdout, stderr } = await gpt(
      "score",
      ...args.map((arg) => (/\./.test(arg) ? path(arg) : arg)),
    );
    expect([status, stdout]).toEqual([expected, ""]);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});
