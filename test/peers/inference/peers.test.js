/** node --test: every engine that is installed computes the same GPT-2, in one piece and id by id. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { completeCheckpoint, generateCheckpoint, ggufFile, graphFiles } from "../checkpoint/generate.js";
import { letterIds } from "../checkpoint/vocabulary.js";
import { importLibrary } from "../library.js";
import { Unavailable } from "../trial.js";
import { contenders } from "./contenders.js";
import { deviation, distance } from "./logits.js";
import { referenceLogits } from "./reference.js";

const shape = { n_layer: 3, n_head: 4, n_embd: 64, n_positions: 64, vocab_size: 400 };
const promptLength = 20;
const ids = letterIds(32);
const steps = ids.slice(promptLength);
/** Of the distance to the reference, whose weights are not quantized; llama.cpp's keys and values are F16. */
const tolerance = { f32: 1e-3, q8_0: 0.03, q4_0: 0.2 };

const checkpoint = mkdtempSync(join(tmpdir(), "gpt-simd-peers-"));
/** @type {Float64Array[]} */
let expected;

before(async () => {
  await generateCheckpoint(checkpoint, shape, 1);
  expected = referenceLogits(checkpoint, ids);
});
after(() => rmSync(checkpoint, { recursive: true }));

for (const { name, engine, type, simd, threads = 2 } of contenders) {
  test(`${name} agrees with the float64 reference`, async (t) => {
    const model = await engine.load(checkpoint, { threads, type, simd }).catch((error) => {
      if (!(error instanceof Unavailable)) throw error;
      t.skip(error.message);
    });
    if (model === undefined) return;
    try {
      const { logits, close } = model.start(steps.length);
      if (logits !== undefined) {
        compare(await logits(ids.slice(0, promptLength)), promptLength - 1, tolerance[type]);
        for (const [i, id] of steps.entries()) compare(await logits([id]), promptLength + i, tolerance[type]);
        await close();
      }
      const sequence = model.start(steps.length);
      comparePick(await sequence.append(ids.slice(0, promptLength)), promptLength - 1, tolerance[type]);
      for (const id of steps) assert.ok((await sequence.append([id])) >= 0);
      await sequence.close();
    } finally {
      await model.close();
    }
  });
}

test("the GGUF file holds the weights of model.safetensors", async () => {
  const { loadModel } = await importLibrary();
  const logits = async (/** @type {string} */ path) => {
    const model = await loadModel(path, { threads: 1 });
    const result = await model.createSession().append(ids);
    await model.close();
    return result;
  };
  assert.deepEqual(await logits(join(checkpoint, ggufFile("f32"))), await logits(checkpoint));
});

test("the graphs of a checkpoint are written anew without its weights", async () => {
  const paths = Object.values(graphFiles).map((file) => join(checkpoint, file));
  const graphs = paths.map((path) => readFileSync(path));
  const [exported, ...others] = paths;
  writeFileSync(exported, "the graph of an earlier version");
  for (const path of others) rmSync(path);
  await completeCheckpoint(checkpoint);
  assert.deepEqual(
    paths.map((path) => readFileSync(path)),
    graphs,
  );
});

/** @param {Float32Array} logits @param {number} position @param {number} tolerance */
function compare(logits, position, tolerance) {
  const share = distance(logits, expected[position]);
  assert.ok(share < tolerance, `position ${position}: off by ${share} of the logits`);
}

/** One id among hundreds may be taken for the best where both err. @param {number} pick @param {number} position @param {number} tolerance */
function comparePick(pick, position, tolerance) {
  const logits = expected[position];
  const missing = (Math.max(...logits) - logits[pick]) / deviation(logits);
  assert.ok(
    missing < 8 * tolerance,
    `position ${position}: ${pick} is ${missing} of the logits below the highest`,
  );
}
