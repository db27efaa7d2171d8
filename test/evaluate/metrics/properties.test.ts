import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAnswerF1, createExactMatch } from "../../../src/evaluate/metrics/answers.ts";
import { createBleu } from "../../../src/evaluate/metrics/bleu.ts";
import { createChrf } from "../../../src/evaluate/metrics/chrf.ts";
import { corpusScore, type Metric, sentenceScore } from "../../../src/evaluate/metrics/metric.ts";
import { createRouge } from "../../../src/evaluate/metrics/rouge/rouge.ts";
import { createTer } from "../../../src/evaluate/metrics/ter/ter.ts";
import { createCharacterError, createWordError } from "../../../src/evaluate/metrics/word-error.ts";

const metrics: readonly Metric[] = [
  createBleu({ effectiveOrder: true }),
  createBleu({ tokenize: "char", smooth: "add-k", effectiveOrder: true }),
  createChrf(),
  createChrf({ wordOrder: 2, whitespace: true }),
  createTer(),
  createTer({ normalized: true, noPunctuation: true, asian: true }),
  createRouge("rouge1"),
  createRouge("rougeL", { stem: true }),
  createRouge("rougeLsum"),
  createExactMatch(),
  createAnswerF1(),
  createWordError(),
  createCharacterError(),
];

/** The score of a right text. */
const perfect = (metric: Metric): number => {
  if (!metric.higherIsBetter) return 0;
  return metric.decimals === 1 ? 100 : 1;
};

const texts = fc
  .array(fc.constantFrom("the", "cat", "sat", "on", "mats,", "3.5", "🙂", "Straße", "今天。", "co-op", "x"), {
    minLength: 1,
    maxLength: 12,
  })
  .map((words) => words.join(" "));

describe.each(metrics)("$name", (metric) => {
  it("of the reference itself is perfect", () => {
    fc.assert(
      fc.property(texts, texts, (text, other) => {
        fc.pre(/cat|sat|on|x/.test(text)); // an article is no answer, and ROUGE has words of ASCII only
        expect(sentenceScore(metric, text, [text]).score).toBeCloseTo(perfect(metric), 9);
        expect(sentenceScore(metric, text, [other, text]).score).toBeCloseTo(perfect(metric), 9);
      }),
    );
  });

  it("of any texts is a number within its range, and is of one line what it is of a corpus", () => {
    const any = fc.oneof(texts, fc.string({ unit: "grapheme", maxLength: 30 }), fc.constant(""));
    fc.assert(
      fc.property(any, fc.array(any, { minLength: 1, maxLength: 3 }), (hypothesis, references) => {
        const { score } = sentenceScore(metric, hypothesis, references);
        expect(score).toBeGreaterThanOrEqual(0);
        if (metric.higherIsBetter) expect(score).toBeLessThanOrEqual(perfect(metric) + 1e-9);
        expect(corpusScore(metric, [{ hypothesis, references }]).score).toBe(score);
      }),
    );
  });

  it("of a corpus depends on no order of its lines", () => {
    const corpora = fc.array(fc.record({ hypothesis: texts, references: fc.tuple(texts) }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(corpora, (corpus) => {
        const turned = [...corpus].reverse();
        expect(corpusScore(metric, turned).score).toBeCloseTo(corpusScore(metric, corpus).score, 9);
      }),
    );
  });
});

describe("symmetry", () => {
  it.each([createChrf({ beta: 1 }), createRouge("rouge2"), createRouge("rougeL"), createAnswerF1()])(
    "$name of two texts is that of both exchanged",
    (metric) => {
      fc.assert(
        fc.property(texts, texts, (a, b) => {
          expect(sentenceScore(metric, a, [b]).score).toBeCloseTo(sentenceScore(metric, b, [a]).score, 9);
        }),
      );
    },
  );

  it("TER splits the possessive of a reference once more, as sacreBLEU", () => {
    const ter = createTer({ normalized: true });
    expect(sentenceScore(ter, "Nima's, x", ["Nima's, x"]).referenceLength).toBe(4);
    expect(sentenceScore(ter, "Nima's, x", ["Nima's, x"]).edits).toBe(2);
  });

  it("a shift of TER is one edit", () => {
    const [moved, right] = ["on the mat the cat sat quietly", "the cat sat quietly on the mat"];
    expect(sentenceScore(createTer(), moved, [right]).edits).toBe(1);
  });
});
