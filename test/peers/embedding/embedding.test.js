/** node --test: every engine that is installed gives the same embedding. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bertText } from "../checkpoint/bert.js";
import { Unavailable } from "../trial.js";
import { contenders } from "./contenders.js";
import { writeBert } from "./model.js";

const shape = {
  num_hidden_layers: 2,
  num_attention_heads: 4,
  hidden_size: 64,
  intermediate_size: 128,
  max_position_embeddings: 32,
  type_vocab_size: 2,
  vocab_size: 300,
};
const input = bertText(20, shape.vocab_size);
const checkpoint = mkdtempSync(join(tmpdir(), "gpt-simd-peers-"));
const [ours, ...others] = contenders;
/** @type {Float32Array} */
let expected;

before(async () => {
  writeBert(checkpoint, shape);
  expected = await (await ours.load(checkpoint, 1)).embed(input);
});
after(() => rmSync(checkpoint, { recursive: true }));

test("an embedding has length 1 and other numbers than its neighbour", () => {
  assert.ok(Math.abs(Math.hypot(...expected) - 1) < 1e-5);
  assert.ok(new Set(expected).size > shape.hidden_size / 2);
});

for (const { name, load } of others) {
  test(`${name} embeds as ${ours.name}`, async (t) => {
    const loaded = await load(checkpoint, 2).catch((error) => {
      if (!(error instanceof Unavailable)) throw error;
      t.skip(error.message);
    });
    if (loaded === undefined) return;
    const found = await loaded.embed(input);
    assert.equal(found.length, expected.length);
    const largest = Math.max(...found.map((x, i) => Math.abs(x - expected[i])));
    assert.ok(largest < 1e-5, `differs by ${largest}`);
  });
}
