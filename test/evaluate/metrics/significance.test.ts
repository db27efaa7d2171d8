import { describe, expect, it } from "vitest";
import { createBleu } from "../../../src/evaluate/metrics/bleu.ts";
import { createChrf } from "../../../src/evaluate/metrics/chrf.ts";
import { type Metric, statisticsOf } from "../../../src/evaluate/metrics/metric.ts";
import { signature } from "../../../src/evaluate/metrics/signature.ts";
import { Pcg64 } from "../../../src/evaluate/metrics/significance/pcg64.ts";
import {
  approximateRandomization,
  bootstrap,
  pairedBootstrap,
} from "../../../src/evaluate/metrics/significance/resampling.ts";
import { createTer } from "../../../src/evaluate/metrics/ter/ter.ts";
import { describeWithShared } from "../../shared.ts";
import { asTheirs, sacreBleu, segmentsOf } from "./sacrebleu.ts";

const SEED = 12345;

describe("PCG64 as numpy seeds it", () => {
  const draw = (seed: number, count: number, below: number) => {
    const random = new Pcg64(seed);
    return Array.from({ length: count }, () => random.below(below));
  };

  it("gives numpy's integers", () => {
    // numpy 2.4.6: default_rng(seed).integers(0, below, size=8)
    expect(draw(12345, 8, 20)).toEqual([13, 4, 15, 6, 4, 15, 12, 13]);
    expect(draw(0, 8, 3004)).toEqual([2555, 1913, 1535, 810, 924, 123, 226, 49]);
    expect(draw(4294967295, 8, 7)).toEqual([1, 1, 5, 1, 6, 2, 1, 4]);
    expect(draw(1, 8, 1048573)).toEqual([496172, 536682, 791848, 996630, 36545, 151161, 862916, 994728]);
    expect(draw(7, 8, 3)).toEqual([2, 1, 2, 2, 1, 2, 2, 0]);
  });

  it("gives numpy's booleans", () => {
    // numpy 2.4.6: default_rng(12345).integers(2, size=40, dtype=bool)
    const random = new Pcg64(SEED);
    const bits = Array.from({ length: 40 }, () => Number(random.bit()));
    expect(bits.join("")).toBe("1011100110000011111111110100110110110001");
  });
});

describeWithShared("sacreBLEU's significance", () => {
  const data = sacreBleu();
  const metrics: Readonly<Record<string, Metric>> = {
    BLEU: createBleu(),
    chrF2: createChrf(),
    "chrF2++": createChrf({ wordOrder: 2 }),
    TER: createTer(),
  };

  it("draws the lines that numpy draws", () => {
    const random = new Pcg64(SEED);
    for (const row of data.numpy_default_rng_12345.rows) {
      expect(row.map(() => random.below(20))).toEqual(row);
    }
  });

  const cases = data.paired.flatMap(({ results, signatures, ...test }) =>
    Object.entries(results).map(([name, rows]) => ({ name, rows, signature: signatures[name], ...test })),
  );

  it.each(cases)("$test of $name, $refs references", ({ name, rows, refs, test, samples, ...expected }) => {
    const metric = metrics[name] as Metric;
    const systems = (["hyp", "sys2"] as const).map((system) =>
      statisticsOf(metric, segmentsOf(data, refs, system)),
    );
    const options = { samples, seed: SEED };
    const paired = test === "bs" ? pairedBootstrap : approximateRandomization;
    const [p = Number.NaN] = paired(metric, systems, options);
    expect(p).toBeCloseTo(rows[1]?.p_value ?? Number.NaN, 8);
    const nrefs = refs === "two" ? 2 : 1;
    const ours = signature(metric, { references: nrefs, test: { kind: test, ...options } });
    expect(asTheirs(ours)).toBe(expected.signature);
    if (test === "ar") return;
    for (const [i, { mean, confidence }] of bootstrap(metric, systems, options).entries()) {
      // sacreBLEU adds and divides in float32
      expect(mean / (rows[i]?.mean ?? Number.NaN)).toBeCloseTo(1, 6);
      expect(confidence / (rows[i]?.ci ?? Number.NaN)).toBeCloseTo(1, 5);
    }
  });
});
