/** A decoder in an ONNX Runtime session; the same for its web and its native build. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { graphFiles } from "../../checkpoint/generate.js";
import { greedySequence } from "../engine.js";

/** @typedef {import("onnxruntime-common").Tensor} Tensor */

/**
 * @typedef {object} Setup
 * @property {string} file  the graph, in the checkpoint
 * @property {import("onnxruntime-common").InferenceSession.SessionOptions} options  besides threads and provider
 */

/** What users get: the graph as exported, with default options. @type {Setup} */
export const asExported = { file: graphFiles.exported, options: {} };

/**
 * The fastest there is. A memory pattern fits one shape, and every step of a generation has another.
 *
 * @type {Setup}
 */
export const fused = {
  file: graphFiles.fused,
  options: {
    graphOptimizationLevel: "all",
    executionMode: "sequential",
    enableCpuMemArena: true,
    enableMemPattern: false,
  },
};

/** @param {string} checkpoint @param {Setup} setup @returns {string} the path of its .onnx file */
export const onnxFile = (checkpoint, { file }) => join(checkpoint, file);

/**
 * @param {import("../../onnx-session.js").OnnxSession} opened
 * @param {string} checkpoint
 * @returns {import("../engine.js").LoadedModel}
 */
export function onnxDecoder({ runtime, session, version }, checkpoint) {
  const { n_head, n_embd, vocab_size } = JSON.parse(readFileSync(join(checkpoint, "config.json"), "utf8"));
  const empty = () => new runtime.Tensor("float32", new Float32Array(0), [1, n_head, 0, n_embd / n_head]);
  const pastNames = session.inputNames.filter((name) => name.startsWith("past_key_values."));
  const isMasked = session.inputNames.includes("attention_mask");

  return {
    version,
    start() {
      let length = 0;
      /** @type {Record<string, Tensor>} */
      let past = Object.fromEntries(pastNames.map((name) => [name, empty()]));
      return greedySequence(
        async (ids) => {
          const integers = (/** @type {readonly number[]} */ values) =>
            new runtime.Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
          const inputs = {
            ...past,
            input_ids: integers(ids),
            position_ids: integers(ids.map((_, i) => length + i)),
          };
          length += ids.length;
          const outputs = await session.run(
            isMasked ? { ...inputs, attention_mask: integers(new Array(length).fill(1)) } : inputs,
          );
          past = Object.fromEntries(
            pastNames.map((name) => [name, outputs[name.replace("past_key_values", "present")]]),
          );
          return /** @type {Float32Array} */ (outputs.logits.data).subarray(-vocab_size);
        },
        async () => {},
      );
    },
    close: () => session.release(),
  };
}
