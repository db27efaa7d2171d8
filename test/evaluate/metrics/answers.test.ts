import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { report } from "../../../src/evaluate/classification-report.ts";
import {
  answerF1,
  createAnswerF1,
  createExactMatch,
  exactMatch,
  normalizeAnswer,
} from "../../../src/evaluate/metrics/answers.ts";
import { matthews } from "../../../src/evaluate/metrics/matthews.ts";
import { corpusScore, sentenceScore } from "../../../src/evaluate/metrics/metric.ts";
import { createCharacterError, createWordError } from "../../../src/evaluate/metrics/word-error.ts";
import { describeWithShared, shared } from "../../shared.ts";

interface Answers {
  readonly squad: readonly {
    readonly prediction: string;
    readonly golds: readonly string[];
    readonly normalized: readonly string[];
    readonly em: number;
    readonly f1: number;
  }[];
  readonly wer: readonly {
    readonly hypothesis: string;
    readonly reference: string;
    readonly wer: number;
    readonly cer: number;
  }[];
  readonly wer_corpus: { readonly wer: number; readonly cer: number };
  readonly classes: readonly {
    readonly gold: readonly number[];
    readonly predicted: readonly number[];
    readonly acc: number;
    readonly mcc: number;
    readonly f1_macro: number;
    readonly f1_binary?: number;
  }[];
}

describeWithShared("the numbers of SQuAD's scripts, jiwer and scikit-learn", () => {
  const data: Answers = JSON.parse(readFileSync(shared("evaluation/metrics/answers.json"), "utf8"));

  it.each(data.squad)("$prediction for $golds", ({ prediction, golds, normalized, em, f1 }) => {
    expect([prediction, ...golds].map(normalizeAnswer)).toEqual(normalized);
    expect(exactMatch(prediction, golds)).toBe(em);
    expect(answerF1(prediction, golds)).toBeCloseTo(f1, 8);
  });

  it.each(data.wer)("WER and CER of $hypothesis", ({ hypothesis, reference, wer, cer }) => {
    expect(sentenceScore(createWordError(), hypothesis, [reference]).score).toBeCloseTo(wer, 8);
    expect(sentenceScore(createCharacterError(), hypothesis, [reference]).score).toBeCloseTo(cer, 8);
  });

  it("WER and CER of all lines are ratios of sums", () => {
    const segments = data.wer.map(({ hypothesis, reference }) => ({ hypothesis, references: [reference] }));
    expect(corpusScore(createWordError(), segments).score).toBeCloseTo(data.wer_corpus.wer, 8);
    expect(corpusScore(createCharacterError(), segments).score).toBeCloseTo(data.wer_corpus.cer, 8);
  });

  it.each(data.classes)("$gold named $predicted", ({ gold, predicted, ...expected }) => {
    const outcomes = gold.map((label, i) => ({ label: String(label), predicted: String(predicted[i]) }));
    const { accuracy, macroF1, classes } = report(outcomes);
    expect(accuracy).toBeCloseTo(expected.acc, 8);
    expect(macroF1).toBeCloseTo(expected.f1_macro, 8);
    expect(matthews(outcomes)).toBeCloseTo(expected.mcc, 8);
    if (expected.f1_binary === undefined) return;
    expect(classes.find(({ label }) => label === "1")?.f1 ?? 0).toBeCloseTo(expected.f1_binary, 8);
  });
});

describe("answers", () => {
  it("that consist of articles count only beside no other", () => {
    expect(exactMatch("", ["the", "a"])).toBe(1);
    expect(exactMatch("", ["the", "cat"])).toBe(0);
  });

  it("of a corpus are means in percent", () => {
    const segments = [
      { hypothesis: "the cat", references: ["Cat."] },
      { hypothesis: "a dog barks", references: ["cow", "dog"] },
    ];
    expect(corpusScore(createExactMatch(), segments).score).toBe(50);
    expect(corpusScore(createAnswerF1(), segments).score).toBeCloseTo((100 + 200 / 3) / 2, 10);
  });
});

describe("error rates", () => {
  const words = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 8 });

  it("are the fewest edits", () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        const { score, hits, substitutions, deletions, insertions } = sentenceScore(
          createWordError(),
          a.join(" "),
          [b.join(" ")],
        );
        const errors = edits(a, b);
        expect(substitutions + deletions + insertions).toBe(errors);
        expect(hits + substitutions + insertions).toBe(a.length);
        expect(hits + substitutions + deletions).toBe(b.length);
        expect(score).toBe(b.length > 0 ? errors / b.length : Math.min(errors, 1));
      }),
    );
  });

  it("take the closest of several references", () => {
    expect(sentenceScore(createWordError(), "a b", ["c d", "a c"]).score).toBe(0.5);
  });
});

/** Levenshtein's recursion. */
function edits(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return a.length + b.length;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return edits(restA, restB);
  return 1 + Math.min(edits(restA, restB), edits(restA, b), edits(a, restB));
}
