import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { corpusScore, sentenceScore } from "../../../src/evaluate/metrics/metric.ts";
import { porterStem } from "../../../src/evaluate/metrics/rouge/porter.ts";
import { createRouge, type RougeKind } from "../../../src/evaluate/metrics/rouge/rouge.ts";
import { describeWithShared, shared } from "../../shared.ts";

type Scores = Readonly<Record<string, readonly [number, number, number]>>;

interface Rouge {
  readonly rows: readonly {
    readonly prediction: string;
    readonly target: string;
    readonly plain: Scores;
    readonly stem: Scores;
  }[];
  readonly mean_f: Readonly<Record<"plain" | "stem", Readonly<Record<string, number>>>>;
  readonly porter_nltk_extensions: Readonly<Record<string, string>>;
}

const kinds = ["rouge1", "rouge2", "rouge3", "rougeL", "rougeLsum"] as const satisfies readonly RougeKind[];

describeWithShared("rouge_score's numbers", () => {
  const data: Rouge = JSON.parse(readFileSync(shared("evaluation/metrics/rouge.json"), "utf8"));

  it.each(data.rows)("$prediction for $target", ({ prediction, target, ...expected }) => {
    for (const kind of kinds) {
      for (const form of ["plain", "stem"] as const) {
        const metric = createRouge(kind, { stem: form === "stem" });
        const { precision, recall, score } = sentenceScore(metric, prediction, [target]);
        for (const [i, value] of [precision, recall, score].entries()) {
          expect(value, `${kind} ${form}`).toBeCloseTo(expected[form][kind]?.[i] ?? Number.NaN, 8);
        }
      }
    }
  });

  it.each(["plain", "stem"] as const)("the means of all, %s", (form) => {
    const segments = data.rows.map(({ prediction, target }) => ({
      hypothesis: prediction,
      references: [target],
    }));
    for (const kind of kinds) {
      const { score } = corpusScore(createRouge(kind, { stem: form === "stem" }), segments);
      expect(score, kind).toBeCloseTo(data.mean_f[form][kind] ?? Number.NaN, 8);
    }
  });

  it("NLTK's stems", () => {
    const words = Object.keys(data.porter_nltk_extensions);
    expect(Object.fromEntries(words.map((word) => [word, porterStem(word)]))).toEqual(
      data.porter_nltk_extensions,
    );
  });
});

describe("Porter's stems", () => {
  // The examples of his paper, but those that NLTK changes.
  const examples = `caresses caress, ponies poni, caress caress, cats cat, feed feed, agreed agre, plastered plaster,
    bled bled, motoring motor, sing sing, conflated conflat, troubled troubl, sized size, hopping hop, tanned tan,
    falling fall, hissing hiss, fizzed fizz, failing fail, filing file, happy happi, relational relat,
    conditional condit, rational ration, valenci valenc, hesitanci hesit, digitizer digit, radicalli radic,
    differentli differ, vileli vile, analogousli analog, vietnamization vietnam, predication predic, operator oper,
    feudalism feudal, decisiveness decis, hopefulness hope, callousness callous, formaliti formal, sensitiviti sensit,
    triplicate triplic, formative form, formalize formal, electriciti electr, electrical electr, hopeful hope,
    goodness good, revival reviv, allowance allow, inference infer, airliner airlin, gyroscopic gyroscop,
    adjustable adjust, defensible defens, irritant irrit, replacement replac, adjustment adjust, dependent depend,
    adoption adopt, homologou homolog, communism commun, activate activ, angulariti angular, homologous homolog,
    effective effect, bowdlerize bowdler, probate probat, rate rate, cease ceas, controll control, roll roll`;

  it("are those of the paper", () => {
    const pairs = examples.split(",").map((pair) => pair.trim().split(/\s+/));
    expect(pairs.map(([word = ""]) => [word, porterStem(word)])).toEqual(pairs);
  });

  it("of NLTK for y, ie and theology", () => {
    const words = ["enjoy", "by", "spied", "tied", "died", "dies", "theology", "archaeology", "usefully"];
    expect(words.map(porterStem)).toEqual([
      "enjoy",
      "by",
      "spi",
      "tie",
      "die",
      "die",
      "theolog",
      "archaeolog",
      "use",
    ]);
  });
});

describe("ROUGE", () => {
  it("of Lin's examples", () => {
    // Lin 2004, section 3: S1 is the reference.
    const [s1, s2, s3] = ["police killed the gunman", "police kill the gunman", "the gunman kill police"];
    const score = (kind: RougeKind, text = "") => sentenceScore(createRouge(kind), text, [s1 ?? ""]).score;
    expect([score("rougeL", s2), score("rougeL", s3)]).toEqual([0.75, 0.5]);
    expect(score("rouge2", s2)).toBe(score("rouge2", s3));
    // Section 3.2: a union of two subsequences of 4 of 5 words.
    const union = sentenceScore(createRouge("rougeLsum"), "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", [
      "w1 w2 w3 w4 w5",
    ]);
    expect(union.recall).toBe(0.8);
  });

  it("takes the reference that fits best", () => {
    const { score } = sentenceScore(createRouge("rouge1"), "a cat", ["dogs", "a cat", "cats"]);
    expect(score).toBe(1);
  });
});
