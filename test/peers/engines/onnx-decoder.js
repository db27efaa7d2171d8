/** A decoder in an ONNX Runtime session; the same for its web and its native build. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Unavailable } from "./engine.js";

/** @typedef {typeof import("onnxruntime-common")} OnnxRuntime */
/** @typedef {import("onnxruntime-common").Tensor} Tensor */

/** What both builds are told. A memory pattern fits one shape, and every step of a generation has another. */
export const sessionOptions = /** @type {const} */ ({
  graphOptimizationLevel: "all",
  executionMode: "sequential",
  enableCpuMemArena: true,
  enableMemPattern: false,
});

/** @param {string} checkpoint @returns {string} its .onnx file */
export function onnxFile(checkpoint) {
  const file = join(checkpoint, "model.onnx");
  if (!existsSync(file))
    throw new Unavailable("the checkpoint has no model.onnx; generate-checkpoint.js writes one");
  return file;
}

/**
 * @param {OnnxRuntime} runtime
 * @param {import("onnxruntime-common").InferenceSession} session
 * @param {string} checkpoint
 * @param {string} version
 * @returns {import("./engine.js").LoadedModel}
 */
export function onnxDecoder(runtime, session, checkpoint, version) {
  const { n_head, n_embd } = JSON.parse(readFileSync(join(checkpoint, "config.json"), "utf8"));
  const empty = () => new runtime.Tensor("float32", new Float32Array(0), [1, n_head, 0, n_embd / n_head]);
  const pastNames = session.inputNames.filter((name) => name.startsWith("past_key_values."));

  return {
    version,
    start() {
      let length = 0;
      /** @type {Record<string, Tensor>} */
      let past = Object.fromEntries(pastNames.map((name) => [name, empty()]));
      return {
        async append(ids) {
          const integers = (/** @type {readonly number[]} */ values) =>
            new runtime.Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
          const outputs = await session.run({
            ...past,
            input_ids: integers(ids),
            position_ids: integers(ids.map((_, i) => length + i)),
          });
          length += ids.length;
          past = Object.fromEntries(
            pastNames.map((name) => [name, outputs[name.replace("past_key_values", "present")]]),
          );
          return /** @type {Float32Array} */ (outputs.logits.data);
        },
      };
    },
    close: () => session.release(),
  };
}
