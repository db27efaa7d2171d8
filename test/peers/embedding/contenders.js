/** Who embeds: the mean of the last hidden states of a text, of length 1. */
import { join } from "node:path";
import { importLibrary, orUnavailable, version } from "../library.js";
import { openNative, openWeb } from "../onnx-session.js";
import { graphFile } from "./model.js";

/**
 * @typedef {{ text: string, ids: readonly number[] }} Input
 *
 * @typedef {object} Loaded
 * @property {string} version
 * @property {(input: Input) => Promise<Float32Array>} embed
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
    const { loadEncoder } = await importLibrary();
    const encoder = await orUnavailable(loadEncoder(checkpoint, { threads, simd }));
    return {
      version,
      async embed({ text }) {
        const [result] = await encoder.embed([text]);
        return result.embedding;
      },
    };
  };
}

/** @param {import("../onnx-session.js").OpenOnnx} open @returns {Contender["load"]} */
function onnx(open) {
  return async (checkpoint, threads) => {
    const { runtime, session, version } = await open(join(checkpoint, graphFile), threads);
    const integers = (/** @type {readonly number[]} */ values) =>
      new runtime.Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
    return {
      version,
      async embed({ ids }) {
        const { last_hidden_state: states } = await session.run({
          input_ids: integers(ids),
          token_type_ids: integers(ids.map(() => 0)),
          attention_mask: integers(ids.map(() => 1)),
        });
        return meanOfLengthOne(/** @type {Float32Array} */ (states.data), ids.length);
      },
    };
  };
}

/** @param {Float32Array} states @param {number} rows */
function meanOfLengthOne(states, rows) {
  const width = states.length / rows;
  const mean = new Float32Array(width);
  for (let i = 0; i < states.length; i++) mean[i % width] += states[i] / rows;
  const length = Math.hypot(...mean);
  return mean.map((x) => x / length);
}
