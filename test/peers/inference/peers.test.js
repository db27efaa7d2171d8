/** node --test: every engine that is installed computes the same GPT-2, in one piece and id by id. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { generateCheckpoint, graphFiles, writeGraphs } from "./checkpoint/generate.js";
import { contenders } from "./contenders.js";
import { Unavailable } from "./engines/engine.js";
import { referenceLogits } from "./reference.js";

const shape = { n_layer: 3, n_head: 4, n_embd: 64, n_positions: 64, vocab_size: 211 };
const ids = Array.from({ length: 32 }, (_, i) => (i * 7919 + 13) % shape.vocab_size);
const promptLength = 20;
const tolerance = 1e-3;

const checkpoint = mkdtempSync(join(tmpdir(), "gpt-simd-peers-"));
/** @type {Float64Array[]} */
let expected;

before(() => {
  generateCheckpoint(checkpoint, shape, 1);
  expected = referenceLogits(checkpoint, ids);
});
after(() => rmSync(checkpoint, { recursive: true }));

for (const { name, engine, simd } of contenders) {
  test(`${name} agrees with the float64 reference`, async (t) => {
    const model = await engine.load(checkpoint, { threads: 2, simd }).catch((error) => {
      if (!(error instanceof Unavailable)) throw error;
      t.skip(error.message);
    });
    if (model === undefined) return;
    try {
      const sequence = model.start();
      compare(await sequence.append(ids.slice(0, promptLength)), promptLength - 1);
      for (let i = promptLength; i < ids.length; i++) compare(await sequence.append([ids[i]]), i);
    } finally {
      await model.close();
    }
  });
}

test("the graphs of a checkpoint are written anew without its weights", () => {
  const paths = Object.values(graphFiles).map((file) => join(checkpoint, file));
  const graphs = paths.map((path) => readFileSync(path));
  const [exported, ...others] = paths;
  writeFileSync(exported, "the graph of an earlier version");
  for (const path of others) rmSync(path);
  writeGraphs(checkpoint);
  assert.deepEqual(
    paths.map((path) => readFileSync(path)),
    graphs,
  );
});

/** @param {Float32Array} logits @param {number} position */
function compare(logits, position) {
  assert.equal(logits.length, shape.vocab_size);
  const worst = Math.max(...expected[position].map((value, id) => Math.abs(value - logits[id])));
  assert.ok(worst < tolerance, `position ${position}: off by ${worst}`);
  const best = (/** @type {Float32Array | Float64Array} */ values) => values.indexOf(Math.max(...values));
  assert.equal(best(logits), best(expected[position]), `position ${position}: another most probable id`);
}
