import { afterEach, describe, expect, it } from "vitest";
import { createBatch } from "../../src/compute/batch.ts";
import { KvCache } from "../../src/compute/memory/kv-cache.ts";
import type { DecoderConfig } from "../../src/model/config.ts";
import { forward, logits } from "../../src/model/decoder.ts";
import { attentionOf, storedKeys } from "../../src/model/mixers.ts";
import { buildDecoder } from "../../src/weights/build-decoder.ts";
import { Laboratory } from "../compute/laboratory.ts";
import { decoderLogits, type Weights } from "../reference/decoder.ts";
import { blockForms, drawWeights, packWeights } from "./block-forms.ts";

let lab: Laboratory | undefined;
afterEach(() => lab?.close());

/** Logits of all rows of a sequence, which runs in two passes. */
async function logitsOf(config: DecoderConfig, weights: Weights, ids: readonly number[]) {
  lab = new Laboratory("plain", 2);
  const { runtime, packing, ops } = lab;
  const packed = await packWeights(lab, weights);
  const decoder = await buildDecoder(packing, config, packed, ids.length);
  const layers = config.layers.map((layer) => storedKeys(attentionOf(layer)));
  const cache = new KvCache(runtime.memory, { layers }, ids.length);
  const rows: number[] = [];
  for (const [start, end] of [
    [0, 5],
    [5, ids.length],
  ] as const) {
    cache.grow(end);
    const mark = runtime.scratch.mark();
    const batch = createBatch(runtime, [{ cache, start, ids: ids.slice(start, end) }]);
    const hidden = await forward(ops, decoder, batch, async () => {});
    rows.push(...ops.read(logits(ops, decoder.head, hidden)));
    runtime.scratch.release(mark);
  }
  cache.free();
  return rows;
}

describe("the decoder gives the reference's logits", () => {
  const ids = Array.from({ length: 40 }, (_, i) => (i * 37) % 131);
  it.each(blockForms)("with %s", async (_name, config) => {
    const weights = drawWeights(config);
    const actual = await logitsOf(config, weights, ids);
    const expected = decoderLogits(config, weights, ids).flat();
    expect(actual).toHaveLength(expected.length);
    const errors = expected.map((value, i) => Math.abs((actual[i] ?? Number.NaN) - value));
    expect(Math.max(...errors)).toBeLessThan(4e-5);
    expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(1);
  });
});
