import { expect, it } from "vitest";
import type { Segment } from "../../src/evaluate/metrics/metric.ts";
import { scoreTexts } from "../../src/evaluate/score-texts.ts";

const references = [
  ["The dog bit the man.", "The dog had bit the man."],
  ["It was not unexpected.", "No one was surprised."],
  ["The man bit him first.", "The man had bitten the dog."],
];
const hypotheses = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."];
const segments: Segment[] = hypotheses.map((hypothesis, i) => ({
  hypothesis,
  references: references[i] ?? [],
}));

it("gives the scores of sacreBLEU's README", () => {
  const [score] = scoreTexts("bleu", segments);
  expect(score?.score).toBeCloseTo(48.530827, 6);
  expect(score?.signature).toMatch(/^nrefs:2\|case:mixed\|eff:no\|tok:13a\|smooth:exp\|version:gpt-simd-/);
  expect(scoreTexts("bleu", segments, { tokenize: "none" })[0]?.score).toBeCloseTo(49.1919566, 6);
  expect(scoreTexts("bleu", segments, { tokenize: "intl" })[0]?.score).toBeCloseTo(43.91623493, 6);
  const orders = [1, 2, 3, 4, 5, 6].map((maxOrder) => scoreTexts("bleu", segments, { maxOrder })[0]?.score);
  expect(orders.map((value) => value?.toFixed(2))).toEqual([
    "77.65",
    "60.50",
    "53.93",
    "48.53",
    "46.14",
    "43.28",
  ]);
});

it("gives four scores of ROUGE, and one of any other metric", () => {
  expect(scoreTexts("rouge", segments).map(({ name }) => name)).toEqual([
    "rouge1",
    "rouge2",
    "rougeL",
    "rougeLsum",
  ]);
  expect(scoreTexts("chrf++", segments).map(({ name }) => name)).toEqual(["chrF2++"]);
});

it("refuses what it cannot score", () => {
  expect(() => scoreTexts("blue" as "bleu", segments)).toThrow("metric must be 'bleu' or");
  expect(() => scoreTexts("bleu", [])).toThrow("no text has a reference");
  expect(() => scoreTexts("bleu", segments, { maxOrder: 0 })).toThrow("maxOrder must be a whole number");
  expect(() => scoreTexts("bleu", [{ hypothesis: 1 as unknown as string, references: ["a"] }])).toThrow(
    "each text must be a text",
  );
});
