/** Who runs. A further peer is a module in engines/ and a line here. */
import { gptSimd } from "./engines/gpt-simd.js";
import { asExported, fused } from "./engines/onnx-decoder.js";
import { onnxruntimeNode } from "./engines/onnxruntime-node.js";
import { onnxruntimeWeb } from "./engines/onnxruntime-web.js";

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {import("./engines/engine.js").Engine} engine
 * @property {string} [simd]
 * @property {boolean} ours
 */

/** @type {readonly Contender[]} */
export const contenders = [
  { name: "gpt-simd plain", engine: gptSimd, simd: "plain", ours: true },
  { name: "gpt-simd relaxed", engine: gptSimd, simd: "relaxed", ours: true },
  { name: "onnxruntime-web", engine: onnxruntimeWeb(asExported), ours: false },
  { name: "onnxruntime-web, fused graph", engine: onnxruntimeWeb(fused), ours: false },
  { name: "onnxruntime-node, fused graph", engine: onnxruntimeNode(fused), ours: false },
];

/** @param {string} name @returns {Contender} */
export function contender(name) {
  const found = contenders.find((one) => one.name === name);
  if (found === undefined) {
    throw new RangeError(`no contender "${name}"; there are ${contenders.map((one) => one.name).join(", ")}`);
  }
  return found;
}
