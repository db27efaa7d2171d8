/** node --test: llama.cpp as an oracle, of the quantized files that this project reads and of those that it writes. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { generateCheckpoint } from "../checkpoint/generate.js";
import { writeRotaryCheckpoint } from "../checkpoint/rotary.js";
import { letterIds } from "../checkpoint/vocabulary.js";
import { importLibrary } from "../library.js";
import { shared } from "../shared.js";
import { Unavailable } from "../trial.js";
import { greedySequence } from "./engine.js";
import { llamaLogits, openLlama } from "./engines/node-llama-cpp.js";
import { distance } from "./logits.js";

const quantizedTypes = ["q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q4_k", "q5_k", "q6_k"];
const families = /** @type {const} */ (["gpt2", "llama", "qwen2"]);
/**
 * The distance of logits: both engines quantize activations for quantized weights, each in
 * its way, and llama.cpp rounds them to BF16 for those.
 */
const tolerance = 0.05;
const writtenTypes = /** @type {const} */ ([
  ["f32", 0.002],
  ["f16", 0.002],
  ["bf16", 0.02],
  ["q8_0", tolerance],
  ["q4_0", tolerance],
]);
/** A lead of the best id over the second, as a share of the logits' spread, that no such difference can take away. */
const safeGap = 0.1;

const directory = mkdtempSync(join(tmpdir(), "gpt-simd-llama-cpp-"));
after(() => rmSync(directory, { recursive: true }));

for (const type of quantizedTypes) {
  test(`${type}: both engines give the logits and the greedy ids of the dequantized weights`, async (t) => {
    await skipping(t, async () => {
      const path = shared(`models/quantized/${type}.gguf`);
      const { files } = JSON.parse(readFileSync(shared("models/quantized/expected.json"), "utf8"));
      const { prompt, greedy, gap_over_spread, logits } = files[type];
      const safe = gap_over_spread.findIndex((/** @type {number} */ gap) => gap < safeGap);
      const steps = safe === -1 ? greedy.length : safe;
      for (const engine of [openOurs, openTheirs]) {
        const { first, ids } = await follow(engine, path, prompt, steps);
        compare(first, Float32Array.from(logits.at(-1)), tolerance);
        assert.deepEqual(ids, greedy.slice(0, steps));
      }
    });
  });
}

for (const family of families) {
  const checkpoint = join(directory, family);
  before(async () => {
    const shape = { n_layer: 2, n_head: 4, n_embd: 64, n_positions: 64, vocab_size: 400 };
    if (family === "gpt2") await generateCheckpoint(checkpoint, shape, 2);
    else writeRotaryCheckpoint(checkpoint, family, 2);
  });

  for (const [type, tolerance] of writtenTypes) {
    test(`${family} in ${type}, written here: llama.cpp gives the logits that we do`, async (t) => {
      await skipping(t, async () => {
        const path = join(directory, `${family}-${type}.gguf`);
        const { quantizeModel } = await importLibrary();
        await quantizeModel(checkpoint, path, type);
        const ours = await follow(openOurs, path, letterIds(12), 1);
        const theirs = await follow(openTheirs, path, letterIds(12), 1);
        compare(theirs.first, ours.first, tolerance);
      });
    });
  }
}

/** @param {import("node:test").TestContext} t @param {() => Promise<void>} check */
const skipping = (t, check) =>
  check().catch((error) => {
    if (!(error instanceof Unavailable)) throw error;
    t.skip(error.message);
  });

/**
 * @typedef {{ logits: (ids: readonly number[]) => Promise<Float32Array>, close: () => Promise<void> }} Opened
 * @typedef {(path: string) => Promise<Opened>} Open
 */

/** @type {Open} */
async function openOurs(path) {
  const { loadModel } = await importLibrary();
  const model = await loadModel(path, { threads: 1 });
  const session = model.createSession();
  return { logits: (ids) => session.append(ids), close: () => model.close() };
}

/** @type {Open} */
async function openTheirs(path) {
  const { llama, context } = await openLlama(path, 1);
  const sequence = context.getSequence();
  return { logits: (ids) => llamaLogits(sequence, ids), close: () => llama.dispose() };
}

/**
 * @param {Open} open @param {string} path @param {readonly number[]} prompt @param {number} steps
 * @returns the logits after the prompt, and the ids of a greedy generation
 */
async function follow(open, path, prompt, steps) {
  const { logits, close } = await open(path);
  const { append } = greedySequence(logits, close);
  try {
    const first = await logits(prompt);
    const ids = [first.indexOf(Math.max(...first))];
    while (ids.length < steps) ids.push(await append(ids.slice(-1)));
    return { first, ids: ids.slice(0, steps) };
  } finally {
    await close();
  }
}

/** @param {Float32Array} found @param {Float32Array} expected @param {number} tolerance */
function compare(found, expected, tolerance) {
  const share = distance(found, expected);
  assert.ok(share < tolerance, `off by ${share} of the logits`);
}
