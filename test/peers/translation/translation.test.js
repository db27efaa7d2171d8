/** node --test: every engine that is installed writes the same ids after a source. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Unavailable } from "../trial.js";
import { contenders } from "./contenders.js";
import { sourceIds, writeT5 } from "./model.js";

const shape = {
  num_layers: 2,
  num_decoder_layers: 3,
  num_heads: 4,
  d_model: 64,
  d_kv: 16,
  d_ff: 96,
  vocab_size: 300,
  relative_attention_num_buckets: 8,
  relative_attention_max_distance: 20,
};
const sources = [12, 30].map((length) => sourceIds(length, shape.vocab_size));
const count = 24;
const checkpoint = mkdtempSync(join(tmpdir(), "gpt-simd-peers-"));
const [ours, ...others] = contenders;
/** @type {number[][]} */
const expected = [];

before(async () => {
  writeT5(checkpoint, shape);
  const { translate } = await ours.load(checkpoint, 1);
  for (const source of sources) expected.push(await translate(source, count));
});
after(() => rmSync(checkpoint, { recursive: true }));

test("the ids of a text are not all the same", () => {
  for (const ids of expected) assert.ok(new Set(ids).size > 2, ids.join(" "));
});

for (const { name, load } of others) {
  test(`${name} writes as ${ours.name}`, async (t) => {
    const loaded = await load(checkpoint, 2).catch((error) => {
      if (!(error instanceof Unavailable)) throw error;
      t.skip(error.message);
    });
    if (loaded === undefined) return;
    for (const [i, source] of sources.entries()) {
      assert.deepEqual(await loaded.translate(source, count), expected[i]);
    }
  });
}
