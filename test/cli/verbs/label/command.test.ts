import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { styleFor } from "../../../../src/cli/terminal/style.ts";
import { shownPairs } from "../../../../src/cli/verbs/label/pairs.ts";
import { sideBySide } from "../../../../src/cli/verbs/label/side-by-side.ts";
import { findSources, readPreferences } from "../../../../src/data/index.ts";
import { labelReport } from "../../../../src/evaluate/label-report.ts";
import { collect } from "../../../data/sources.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gptWith } from "../../gpt.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();
const pairs = Array.from({ length: 6 }, (_, i) => ({
  prompt: `p${i}`,
  answers: [`first ${i}`, "second"] as const,
}));
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");
const labelsIn = (name: string) =>
  readFileSync(file(name), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("pairs", () => {
  it("have an order and sides by the seed, and leave out what the rater has labelled", () => {
    const of = (seed: number, labels = []) => shownPairs(pairs, labels, { seed, rater: "a" });
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
    expect(new Set(of(1).map(({ prompt }) => prompt)).size).toBe(6);
    expect(new Set(of(1).map(({ left }) => left === "second")).size).toBe(2);
    const done = { prompt: "p2", chosen: "second", rejected: "first 2", rater: "a" };
    expect(shownPairs(pairs, [done], { seed: 1, rater: "a" })).toHaveLength(5);
    expect(shownPairs(pairs, [done], { seed: 1, rater: "b" })).toHaveLength(6);
  });

  it("stand side by side, wrapped to half of the screen", () => {
    const style = styleFor(process.stderr, "never");
    const pair = {
      prompt: "Why?",
      left: "a few words that are long",
      right: "b\nunbreakablewordofmanyletters",
    };
    expect(sideBySide(pair, 37, style)).toBe(
      [
        "Why?",
        "1  a few words    │ 2  b",
        "that are long     │ unbreakablewordof",
        "                  │ manyletters",
      ].join("\n"),
    );
  });
});

describe("the report", () => {
  it("tells of agreement, place and length", () => {
    const label = (prompt: string, chosen: string, rejected: string, rater: string, isLeft: boolean) => ({
      ...{ prompt, chosen, rejected, rater, isLeft },
    });
    const report = labelReport([
      label("p", "long one", "short", "a", true),
      label("p", "long one", "short", "b", true),
      label("q", "x", "yy", "a", true),
      label("q", "yy", "x", "b", false),
    ]);
    expect(report).toMatchObject({ labels: 4, raters: ["a", "b"], kappa: 0 });
    expect([report.left?.value, report.longer?.value, report.agreement?.value]).toEqual([0.75, 0.75, 0.5]);
    const tie = { ...label("r", "x", "y", "a", true), isLeft: undefined, isTie: true };
    const tied = labelReport([tie, { ...tie, rater: "b" }, label("s", "x", "y", "a", true)]);
    expect(tied).toMatchObject({
      ties: { value: 2 / 3 },
      left: { value: 1 },
      agreement: { value: 1 },
      kappa: 1,
    });
    expect(tied.left?.error).toBeNaN();
    const odd = labelReport([tie, label("r", "x", "y", "b", true)]);
    expect(odd).toMatchObject({ agreement: { value: 0 }, kappa: expect.closeTo(-0.6, 9) });
    expect(labelReport([])).toMatchObject({ labels: 0, agreement: undefined, left: undefined });
  });
});

describe("gpt label", () => {
  it("writes a preference for each key, and goes on after them", async () => {
    writeFileSync(file("answers.jsonl"), lines(pairs));
    const args = ["label", file("answers.jsonl"), "-o", file("labels.jsonl"), "--rater", "anna"];
    const first = await gptWith({ input: Buffer.from("1\n2\nx s q") }, ...args);
    expect([first.status, first.stdout]).toEqual([0, ""]);
    expect(first.stderr).toMatch(/1 of 6 · 1 the left/);
    expect(first.stderr).toMatch(/2 labels of anna · the left answer was chosen 50.0% ± 50.0%/);
    const labels = labelsIn("labels.jsonl");
    expect(labels).toHaveLength(2);
    expect(labels[0]).toMatchObject({ rater: "anna", left: true });
    const [shown] = shownPairs(pairs, [], { seed: 1, rater: "anna" });
    expect(labels[0]).toMatchObject({ prompt: shown?.prompt, chosen: shown?.left, rejected: shown?.right });
    const second = await gptWith({ input: Buffer.from("1111") }, ...args);
    expect(second.stderr).toMatch(/1 of 4 [\s\S]*6 labels/);
    expect(new Set(labelsIn("labels.jsonl").map(({ prompt }) => prompt)).size).toBe(6);
  });

  it("writes ties, which training passes over", async () => {
    const args = ["label", file("answers.jsonl"), "-o", file("ties.jsonl"), "--rater", "anna"];
    writeFileSync(file("answers.jsonl"), lines(pairs));
    const { stderr } = await gptWith({ input: Buffer.from("t1q") }, ...args);
    expect(stderr).toMatch(/2 labels of anna · as good as each other 50.0% ± 50.0%/);
    expect(labelsIn("ties.jsonl")[0]).toEqual({
      prompt: expect.any(String),
      answers: expect.any(Array),
      ...{ rater: "anna", tie: true },
    });
    expect(await collect(readPreferences(await findSources([file("ties.jsonl")])))).toHaveLength(1);
  });

  it("tells of the labels of several raters", async () => {
    const of = (rater: string, chosen: string, rejected: string) => ({
      prompt: "p",
      chosen,
      rejected,
      rater,
    });
    writeFileSync(file("one.jsonl"), lines([of("a", "x", "yy")]));
    writeFileSync(file("two.jsonl"), lines([of("b", "x", "yy")]));
    const args = ["label", "--summary", file("one.jsonl"), file("two.jsonl")];
    const { stderr } = await inProcess(...args);
    expect(stderr).toBe(
      "2 labels of a, b · the longer answer was chosen 0.0% ± 0.0% · raters agree on 100.0%, one case without a standard error · kappa 1.000\n",
    );
    const { stdout } = await inProcess(...args, "--json");
    expect(JSON.parse(stdout)).toMatchObject({ labels: 2, kappa: 1, agreement: { value: 1 } });
  });

  it.each([
    [["label"], /no answers: try gpt label/],
    [["label", "answers.jsonl"], /where to\? -o FILE/],
    [["label", "--summary", "answers.jsonl"], /chosen is missing/],
    [["label", "three.jsonl", "-o", "x.jsonl"], /expected a list of two texts/],
    [["label", "plain.txt", "-o", "x.jsonl"], /is text without answers/],
  ])("refuses %j", async (args, message) => {
    writeFileSync(file("three.jsonl"), lines([{ prompt: "p", answers: ["a", "b", "c"] }]));
    writeFileSync(file("plain.txt"), "a text\n");
    const own = args.map((word) => (/\.(jsonl|txt)$/.test(word) ? file(word) : word));
    const { status, stderr } = await inProcess(...own);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});
