import { describe, expect, it } from "vitest";
import { describeScores, type Outcome, report } from "../../src/evaluate/classification-report.ts";

const outcomes = (...pairs: readonly string[]): Outcome[] =>
  pairs.map((pair) => ({ label: pair.charAt(0), predicted: pair.charAt(1) }));

describe("report", () => {
  it("is what scikit-learn's classification_report says", () => {
    const { classes, ...scores } = report(outcomes("aa", "aa", "ab", "bb", "ba", "bb", "bb", "cb"));
    expect(scores).toEqual({ texts: 8, accuracy: 5 / 8, macroF1: (2 / 3 + 2 / 3) / 3 });
    expect(classes).toEqual([
      { label: "a", precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, support: 3 },
      { label: "b", precision: 3 / 5, recall: 3 / 4, f1: 2 / 3, support: 4 },
      { label: "c", precision: 0, recall: 0, f1: 0, support: 1 },
    ]);
  });

  it("counts a class that no text has but one was taken for", () => {
    const { classes, macroF1 } = report(outcomes("aa", "ab"));
    expect(classes.map(({ label, recall, support }) => [label, recall, support])).toEqual([
      ["a", 0.5, 2],
      ["b", 0, 0],
    ]);
    expect(macroF1).toBeCloseTo((2 / 3 + 0) / 2, 12);
  });

  it("says nothing good of nothing", () => {
    expect(report([])).toEqual({ texts: 0, accuracy: 0, macroF1: 0, classes: [] });
  });

  it("is told in a few words", () => {
    expect(describeScores({ accuracy: 0.91349, macroF1: 0.9049 })).toBe("accuracy 91.3%, macro-F1 0.905");
  });
});
