/** Who translates: greedy ids after a source, the end of the text left out. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheNames } from "../checkpoint/onnx-t5.js";
import { bucketOf, t5Start } from "../checkpoint/t5.js";
import { importLibrary, orUnavailable, version } from "../library.js";
import { openNative, openWeb } from "../onnx-session.js";
import { graphFiles } from "./model.js";

/**
 * @typedef {object} Loaded
 * @property {string} version
 * @property {(source: readonly number[], count: number) => Promise<number[]>} translate
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {boolean} [everyNode]  it runs under all Nodes that are given, not just the first
 * @property {(checkpoint: string, threads: number) => Promise<Loaded>} load
 */

/** @type {readonly Contender[]} */
export const contenders = [
  { name: "gpt-simd", load: gptSimd("plain") },
  { name: "gpt-simd relaxed", load: gptSimd("relaxed"), everyNode: true },
  { name: "onnxruntime-web", load: onnx(openWeb) },
  { name: "onnxruntime-node", load: onnx(openNative) },
];

/** @param {"plain" | "relaxed"} simd @returns {Contender["load"]} */
function gptSimd(simd) {
  return async (checkpoint, threads) => {
    const { loadModel } = await importLibrary();
    const model = await orUnavailable(loadModel(checkpoint, { threads, simd }));
    return {
      version,
      async translate(source, count) {
        const ids = [];
        const options = { maxTokens: count, temperature: 0, ignoreEos: true };
        for await (const { id } of model.generate(source, options)) ids.push(id);
        return ids;
      },
    };
  };
}

/** @param {import("../onnx-session.js").OpenOnnx} open @returns {Contender["load"]} */
function onnx(open) {
  return async (checkpoint, threads) => {
    /** @type {import("../checkpoint/t5.js").T5Shape} */
    const shape = JSON.parse(readFileSync(join(checkpoint, "config.json"), "utf8"));
    const { runtime, session: encoder, version } = await open(join(checkpoint, graphFiles.encoder), threads);
    const { session: decoder } = await open(join(checkpoint, graphFiles.decoder), threads);
    const integers = (/** @type {readonly number[]} */ values, /** @type {number[]} */ ...sizes) =>
      new runtime.Tensor("int64", BigInt64Array.from(values, BigInt), sizes);
    const empty = () =>
      new runtime.Tensor("float32", new Float32Array(0), [1, shape.num_heads, 0, shape.d_kv]);
    const layers = Array.from({ length: shape.num_decoder_layers }, (_, i) => i);
    const names = (/** @type {"past" | "present"} */ which) => layers.flatMap((i) => cacheNames(which, i));
    return {
      version,
      async translate(source, count) {
        const { length } = source;
        const buckets = source.flatMap((_, row) => source.map((_, key) => bucketOf(shape, key - row, true)));
        const cross = await encoder.run({
          input_ids: integers(source, 1, length),
          buckets: integers(buckets, length, length),
        });
        const presents = names("present");
        /** @type {Record<string, import("onnxruntime-common").Tensor>} */
        let past = Object.fromEntries(names("past").map((name) => [name, empty()]));
        const ids = [];
        for (let id = t5Start; ids.length < count; ids.push(id)) {
          const distances = Array.from({ length: ids.length + 1 }, (_, key) => key - ids.length);
          const outputs = await decoder.run({
            ...cross,
            ...past,
            input_ids: integers([id], 1, 1),
            buckets: integers(
              distances.map((distance) => bucketOf(shape, distance, false)),
              1,
              distances.length,
            ),
          });
          past = Object.fromEntries(names("past").map((name, i) => [name, outputs[presents[i]]]));
          id = bestBut(/** @type {Float32Array} */ (outputs.logits.data), endOfText);
        }
        return ids;
      },
    };
  };
}

const endOfText = 1;

/** @param {Float32Array} logits @param {number} banned */
function bestBut(logits, banned) {
  let best = banned === 0 ? 1 : 0;
  for (let id = 0; id < logits.length; id++) if (id !== banned && logits[id] > logits[best]) best = id;
  return best;
}
