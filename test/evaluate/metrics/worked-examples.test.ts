/** The cases of sacreBLEU's own tests. */
import { describe, expect, it } from "vitest";
import { type BleuOptions, createBleu } from "../../../src/evaluate/metrics/bleu.ts";
import { createChrf } from "../../../src/evaluate/metrics/chrf.ts";
import { corpusScore, sentenceScore } from "../../../src/evaluate/metrics/metric.ts";
import { createTer } from "../../../src/evaluate/metrics/ter/ter.ts";
import { tercomWords } from "../../../src/evaluate/metrics/ter/tercom-tokenizer.ts";

describe("BLEU", () => {
  const hypothesis = "Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;";
  const reference = "producţia de zahăr brut se exprimă în zahăr alb;";

  it.each<readonly [BleuOptions, number]>([
    [{}, 8.493],
    [{ smooth: "none" }, 0],
    [{ smooth: "floor" }, 4.51688],
    [{ smooth: "floor", smoothValue: 0.5 }, 10.1],
    [{ smooth: "add-k" }, 14.882],
    [{ smooth: "add-k", smoothValue: 2 }, 21.389],
    [{ tokenize: "none" }, 7.347],
    [{ tokenize: "intl" }, 8.493],
    [{ tokenize: "char" }, 40.8759],
    [{ tokenize: "char", lowercase: true }, 42.0267],
  ])("of a sentence, %o", (options, expected) => {
    const { score } = sentenceScore(createBleu({ ...options, effectiveOrder: true }), hypothesis, [
      reference,
    ]);
    expect(score).toBeCloseTo(expected, 2);
  });

  it("of words without a match is 0 with any smoothing", () => {
    for (const smooth of ["exp", "none", "floor", "add-k"] as const) {
      const bleu = createBleu({ smooth, effectiveOrder: true });
      expect(sentenceScore(bleu, "this is a cat", ["okay thanks"]).score).toBe(0);
    }
  });

  it("of a floor of 0 is 0, of the default 15.6", () => {
    const [text, right] = ["am I am a character sequence", ["I am a symbol string sequence a a"]];
    const { counts, totals } = sentenceScore(createBleu({ smooth: "floor" }), text, right);
    expect([counts, totals]).toEqual([
      [4, 2, 1, 0],
      [6, 5, 4, 3],
    ]);
    expect(sentenceScore(createBleu({ smooth: "floor" }), text, right).score).toBeCloseTo(15.55722182, 6);
    expect(sentenceScore(createBleu({ smooth: "floor", smoothValue: 0 }), text, right).score).toBe(0);
  });

  it("of the dangerous translation of the BLEU paper: the is counted once for each of the reference's", () => {
    // Papineni et al. 2002, section 2.1.1: the modified unigram precision is 2/7
    const { counts, totals } = sentenceScore(
      createBleu(),
      "the the the the the the the",
      ["The cat is on the mat.", "There is a cat on the mat."].map((text) => text.toLowerCase()),
    );
    expect([counts[0], totals[0]]).toEqual([2, 7]);
  });
});

describe("chrF with the mean over all orders", () => {
  it.each([
    ["abcdefg", "hijklmnop", 0],
    ["", "reference", 0],
    ["aa", "ab", 8.3333],
    ["a", "a", 16.6667],
    ["a b c", "abc", 50],
    [
      " Die    Beziehung zwischen  Obama und Netanjahu ist nicht gerade  freundlich. ",
      "Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich.",
      64.1302698,
    ],
    [
      "Niemand hat die Absicht, eine Mauer zu errichten",
      "Niemand hat die Absicht, eine Mauer zu errichten",
      100,
    ],
  ])("of %j for %j", (hypothesis, reference, expected) => {
    const { score } = sentenceScore(createChrf({ beta: 3, epsSmoothing: true }), hypothesis, [reference]);
    expect(score).toBeCloseTo(expected, 4);
  });

  it("of sentences, with beta 2", () => {
    const text = "Co nás nejvíc trápí, protože lékaři si vybírají, kdo bude žít a kdo zemře.";
    const right = "Nejvíce smutní jsme z toho, že musíme rozhodovat o tom, kdo bude žít a kdo zemře.";
    expect(sentenceScore(createChrf({ epsSmoothing: true }), text, [right]).score).toBeCloseTo(
      39.14078509,
      6,
    );
  });
});

describe("TER", () => {
  it.each([
    ["aaaa bbbb cccc dddd", "aaaa bbbb cccc dddd", 0],
    ["dddd eeee ffff", "aaaa bbbb cccc", 100],
    ["", "a", 100],
    ["a", "", 100],
    ["", "", 0],
    ["d e f g h a b c", "a b c d e f g h", 12.5],
  ])("of %j for %j", (hypothesis, reference, expected) => {
    expect(corpusScore(createTer(), [{ hypothesis, references: [reference] }]).score).toBeCloseTo(
      expected,
      9,
    );
  });

  it.each([
    ["A B C D.", {}, "a b c d."],
    ["A ; B ) C : D.", { noPunctuation: true }, "a b c d"],
    ["a b (c) d.", { normalized: true }, "a b ( c ) d ."],
    ["Jim's car.", { normalized: true }, "jim 's car ."],
    ["4.2", { normalized: true }, "4.2"],
    ["美众院公布对特", { normalized: true, asian: true }, "美 众 院 公 布 对 特"],
    ["りの拳銃を持", { normalized: true, asian: true }, "りの 拳 銃 を 持"],
  ])("has the words of %j with %o", (text, options, expected) => {
    expect(tercomWords(text, options).join(" ")).toBe(expected);
  });
});
