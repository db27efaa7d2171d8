import { describe, expect, it } from "vitest";
import { type BenchReport, formatted } from "../../../../src/cli/verbs/bench/formats.ts";

const report: BenchReport = {
  facts: { model: "a|b", results: [{ nGen: 1 }] },
  records: [
    { model: 'a "b", c', nGen: 1, share: null },
    { model: "d", nGen: 22, share: 0.5 },
  ],
  cells: [
    ["model", "t/s"],
    ["a|b\x1b[2J", "1"],
    ["語", "1,234"],
  ],
  left: [0],
};

describe("the formats of gpt bench", () => {
  it("md is a table that GitHub and people read", () => {
    expect(formatted(report, "md").split("\n")).toEqual([
      "| model         |   t/s |",
      "| ------------- | ----: |",
      "| a\\|b\\u001b[2J |     1 |",
      "| 語            | 1,234 |",
      "",
    ]);
  });

  it("csv quotes what it must", () => {
    expect(formatted(report, "csv")).toBe('model,n_gen,share\n"a ""b"", c",1,\nd,22,0.5\n');
  });

  it("json is one line, jsonl a line for each measurement", () => {
    expect(formatted(report, "json")).toBe('{"model":"a|b","results":[{"n_gen":1}]}\n');
    expect(formatted(report, "jsonl").split("\n")[1]).toBe('{"model":"d","n_gen":22,"share":0.5}');
  });
});
