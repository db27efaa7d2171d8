import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { createBleu } from "../../../src/evaluate/metrics/bleu.ts";
import { createChrf } from "../../../src/evaluate/metrics/chrf.ts";
import { corpusScore, type Segment } from "../../../src/evaluate/metrics/metric.ts";
import { createTer } from "../../../src/evaluate/metrics/ter/ter.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../shared.ts";

/** By system: BLEU of mteval-v13a.pl and TER of Tercom. */
const systems: Readonly<Record<string, readonly [bleu: number, ter: number]>> = {
  "LIUM-NMT.4900": [26.6, 0.633],
  "C-3MA.4959": [22.67, 0.669],
  "FBK.4870": [26.33, 0.636],
  "KIT.4950": [26.08, 0.641],
  "LMU-nmt-reranked.4934": [27.11, 0.618],
  "LMU-nmt-single.4893": [26.56, 0.626],
  "PROMT-Rule-based.4735": [16.61, 0.752],
  "RWTH-nmt-ensemble.4921": [26.02, 0.628],
  "SYSTRAN.4847": [26.71, 0.611],
  "TALP-UPC.4834": [21.24, 0.685],
  "online-A.0": [20.8, 0.69],
  "online-B.0": [26.65, 0.632],
  "online-F.0": [15.45, 0.756],
  "online-G.0": [18.16, 0.733],
  "uedin-nmt.4722": [28.3, 0.612],
  "xmu.4910": [26.69, 0.622],
};

/** chrF and chrF++ of chrF++.py. */
const chrf = { "C-3MA.4959": [51.9533, 49.1683], "FBK.4870": [54.7152, 52.233] } as const;

const folder = temporaryFolder();

describeWithShared("WMT17 English-German", () => {
  const place = folder("wmt17");
  const segments: Record<string, Segment[]> = {};

  beforeAll(() => {
    const archive = shared("data/evaluation/sets.tar.xz");
    execFileSync("tar", ["xf", archive, "-C", folder("."), "--one-top-level=wmt17", "eval/bleu/wmt17_en_de"]);
    const lines = (name: string) =>
      readFileSync(join(place, "eval/bleu/wmt17_en_de", name), "utf8")
        .replace(/\n$/, "")
        .split("\n");
    const references = lines("reference.txt");
    for (const name of Object.keys(systems)) {
      segments[name] = lines(`newstest2017.${name}.en-de.txt`).map((hypothesis, i) => ({
        hypothesis,
        references: [references[i] ?? ""],
      }));
    }
  }, 120_000);

  it.each(Object.entries(systems))("BLEU of %s", (name, [bleu]) => {
    expect(Math.abs(corpusScore(createBleu(), segments[name] ?? []).score - bleu)).toBeLessThan(0.01);
  });

  it("BLEU of LIUM-NMT with international tokens", () => {
    const { score } = corpusScore(createBleu({ tokenize: "intl" }), segments["LIUM-NMT.4900"] ?? []);
    expect(Math.abs(score - 26.89)).toBeLessThan(0.01);
  });

  it.each(Object.entries(chrf))("chrF and chrF++ of %s", (name, expected) => {
    for (const [i, wordOrder] of [0, 2].entries()) {
      const { score } = corpusScore(createChrf({ wordOrder, epsSmoothing: true }), segments[name] ?? []);
      expect(score.toFixed(4)).toBe(expected[i]?.toFixed(4));
    }
  });

  it.each(["C-3MA.4959", "SYSTRAN.4847", "online-G.0"])("TER of %s", (name) => {
    const { score } = corpusScore(createTer(), segments[name] ?? []);
    expect(Math.abs(score / 100 - (systems[name]?.[1] ?? 0))).toBeLessThan(0.01);
  });
});
