import { expect, it } from "vitest";
import { createBleu } from "../../../src/evaluate/metrics/bleu.ts";
import { createChrf } from "../../../src/evaluate/metrics/chrf.ts";
import { fixed } from "../../../src/evaluate/metrics/fixed.ts";
import {
  corpusScore,
  type Metric,
  type Segment,
  sentenceScore,
} from "../../../src/evaluate/metrics/metric.ts";
import { referenceCount, signature } from "../../../src/evaluate/metrics/signature.ts";
import { createTer } from "../../../src/evaluate/metrics/ter/ter.ts";
import { metricTokenizers } from "../../../src/evaluate/metrics/tokenizers/table.ts";
import { splitWords } from "../../../src/evaluate/metrics/words.ts";
import { describeWithShared } from "../../shared.ts";
import { asTheirs, named, sacreBleu, segmentsOf } from "./sacrebleu.ts";

describeWithShared("sacreBLEU's numbers", () => {
  const data = sacreBleu();

  const signatureOf = (metric: Metric, segments: readonly Segment[], short = false) =>
    asTheirs(signature(metric, { references: referenceCount(segments) }, short));

  it.each(Object.keys(metricTokenizers))("tokens of %s", (name) => {
    const tokenize = metricTokenizers[name as keyof typeof metricTokenizers];
    const both = data.hyp.map((line, i) => [line, data.refs.one?.[0]?.[i] ?? ""]);
    const tokens = both.map((pair) => pair.map((text) => splitWords(tokenize(text.trimEnd()))));
    expect(tokens).toEqual(data.tokenized[name]?.map((pair) => pair.map((text) => splitWords(text))));
  });

  it.each(data.bleu)("BLEU of $refs references, $options", ({ refs, options, ...expected }) => {
    const metric = createBleu(named(options));
    const segments = segmentsOf(data, refs);
    const { score, ...parts } = corpusScore(metric, segments);
    expect(score).toBeCloseTo(expected.score, 7);
    expect(parts.counts).toEqual(expected.counts);
    expect(parts.totals).toEqual(expected.totals);
    for (const [i, precision] of parts.precisions.entries()) {
      expect(precision).toBeCloseTo(expected.precisions[i] ?? Number.NaN, 7);
    }
    expect(parts.brevityPenalty).toBeCloseTo(expected.bp, 8);
    expect([parts.hypothesisLength, parts.referenceLength]).toEqual([expected.sys_len, expected.ref_len]);
    expect(signatureOf(metric, segments)).toBe(expected.signature);
    expect(signatureOf(metric, segments, true)).toBe(expected.short);
    const line = `BLEU|${signatureOf(metric, segments)} = ${fixed(score, 2)} ${parts.detail}`;
    expect(line).toBe(expected.line);
  });

  it.each(data.sentence_bleu)("BLEU of lines, $refs references, $options", ({ refs, options, scores }) => {
    const metric = createBleu(named(options));
    expectScores(metric, segmentsOf(data, refs), scores);
  });

  it.each(data.chrf)("chrF of $refs references, $options", ({ refs, options, sentences, ...expected }) => {
    const metric = createChrf(named(options));
    const segments = segmentsOf(data, refs);
    expect(corpusScore(metric, segments).score).toBeCloseTo(expected.score, 7);
    expect(`${metric.name}|${signatureOf(metric, segments)}`).toBe(expected.line.split(" = ")[0]);
    expectScores(metric, segments, sentences);
  });

  it.each(data.ter)("TER of $refs references, $options", ({ refs, options, sentences, ...expected }) => {
    const metric = createTer(named(options));
    const segments = segmentsOf(data, refs);
    const { score, edits, referenceLength } = corpusScore(metric, segments);
    expect(score).toBeCloseTo(expected.score, 7);
    expect([edits, referenceLength]).toEqual([expected.edits, expected.ref_length]);
    expect(signatureOf(metric, segments)).toBe(expected.signature);
    for (const [i, { hypothesis, references }] of segments.entries()) {
      const [rate, count, length] = sentences[i] ?? [];
      if (rate === undefined) continue;
      const line = sentenceScore(metric, hypothesis, references);
      expect(line.score).toBeCloseTo(rate, 7);
      expect([line.edits, line.referenceLength]).toEqual([count, length]);
    }
  });

  it.each(data.smoothing.rows)("smoothing of single lines, $options", ({ options, corpus }) => {
    const metric = createBleu(named(options));
    for (const [i, [hypothesis, reference]] of data.smoothing.pairs.entries()) {
      const { score, counts, totals, precisions } = sentenceScore(metric, hypothesis, [reference]);
      const expected = corpus[i];
      expect(score, hypothesis).toBeCloseTo(expected?.score ?? Number.NaN, 7);
      expect([counts, totals]).toEqual([expected?.counts, expected?.totals]);
      for (const [order, precision] of precisions.entries()) {
        expect(precision).toBeCloseTo(expected?.precisions[order] ?? Number.NaN, 7);
      }
    }
  });
});

function expectScores(
  metric: Metric,
  segments: readonly Segment[],
  scores: readonly (number | null)[],
): void {
  for (const [i, { hypothesis, references }] of segments.entries()) {
    const expected = scores[i] ?? null;
    if (expected === null) continue;
    expect(sentenceScore(metric, hypothesis, references).score, hypothesis).toBeCloseTo(expected, 7);
  }
}
